import streamlit as st
from dashboard.components.sidebar import sidebar

sidebar()
st.title("todo")
