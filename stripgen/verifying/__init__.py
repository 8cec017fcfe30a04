"""Reads finished papers back as a person sees them, and compares them with the order they carry.

Shares no code with planning and rendering: what these decide and draw is found here a second time, in a simple way.
"""
