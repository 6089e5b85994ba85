"""What Touchline knows: its rules (`domain`), its use cases (`services`) and its ways to the outside (`adapters`)."""
