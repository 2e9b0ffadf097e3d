"""Stand-ins: base images made from distribution packages where no registry can be reached."""
