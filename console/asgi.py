"""The ASGI application that uvicorn serves."""

import os

from django.core.asgi import get_asgi_application

from console.bodies import AtMost

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = AtMost(get_asgi_application())
