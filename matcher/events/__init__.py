"""Meeting days: who comes, who meets whom at which table and when, and what came of it."""
