"""A service in Docker Compose: started, looked at, stopped, under a project name of careen's."""
