"""Needs: what enterprises, government plans and the public ask for."""
