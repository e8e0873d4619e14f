"""Experts: who they are, whom they must not judge, the panels they sit on and the scores they give."""
