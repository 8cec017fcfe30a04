"""Frozen values and nothing else: what is asked (order), what is known (formulary), what comes out (plan)."""
