"""Streamlit pages over run folders; computes nothing."""
