"""Stories of the demo: projects acted from need to acceptance through the services, each person doing their own steps."""
