"""How each source fares: remembered with every fetch, judged once a minute."""
