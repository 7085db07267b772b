"""Removing a trojan: objectives, masks, Fisher information, guards, search and the delta."""
