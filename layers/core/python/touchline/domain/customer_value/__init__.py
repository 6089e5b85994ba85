"""What a customer is worth: to date, and as the buying of all customers lets expect."""
