"""What a project should look at from time to time: dependencies, bases, pins."""
