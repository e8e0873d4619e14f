"""Scenario opportunities (场景机会): what can be tried where, who applies, and how the trials go."""
