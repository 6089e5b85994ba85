"""What a service's schedule invokes."""
