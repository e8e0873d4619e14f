"""Offers: results, teams, platforms, equipment, funds, services."""
