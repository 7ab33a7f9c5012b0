"""A web program that knows nothing of OpenTelemetry: it answers one request, and logs."""

import logging

from flask import Flask

app = Flask(__name__)


@app.route("/checkout/<cart>")
def checkout(cart):
    logging.getLogger("checkout").warning("cart %s is empty", cart)
    return "nothing to pay"


logging.getLogger().addHandler(logging.NullHandler())
assert app.test_client().get("/checkout/7").data == b"nothing to pay"
