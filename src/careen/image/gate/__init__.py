"""Judges an analysis: rules, and the numbers of dive that gates are used to."""
