"""Pure functions from an order and the formulary to a plan. The only room that uses numpy."""
