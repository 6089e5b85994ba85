"""Attribution queue → conversions with the credit of each touch, and memberships."""
