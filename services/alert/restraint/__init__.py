"""How often a destination may be spoken to: cadence, quiet hours, mutes, folding, budgets. Pure."""
