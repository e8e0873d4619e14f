"""Pages of the register of experts, of panels, and of an expert's own tasks."""
