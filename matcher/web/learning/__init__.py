"""The page of learning: what decisions have taught the ranking, and which version is in use."""
