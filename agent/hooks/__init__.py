"""Telling other programs what happened, and hearing them."""
