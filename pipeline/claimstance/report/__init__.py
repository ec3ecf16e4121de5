"""What people look at: plots now, the reading view later."""
