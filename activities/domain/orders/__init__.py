"""Orders: what a place costs, what was paid for it, and what goes back.

placing.py    makes an order with its place, and ends it when the place is given up
passes.py     lets a privilege pay for a ticket
paying.py     takes the news of a payment, once
pages.py      closes the pages of payment services on which nothing is to be paid any more
refunding.py  decides what goes back, and has it done
providers/    who moves the money: by hand (`offline`), or a payment service
proof.py      orders, refunds, points and seats against each other
"""
