"""What is true on paper: values and rules, pure.

Charter. What: frozen values and functions over them; no clock, no chance, no files, no network. Why: money rules
must be readable and testable alone. Tried: rules inside services; they could not be tested without a broker. Would
change our mind: a rule that needs the outside to be stated at all.
"""
