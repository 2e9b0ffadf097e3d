"""What is known to be wrong inside an image: scanners, what they found joined, and the policy."""
