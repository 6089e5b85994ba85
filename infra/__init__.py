"""Where Touchline runs: one CDK app, the same stacks for every stage."""
