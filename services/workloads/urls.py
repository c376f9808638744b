"""Addresses of workloads and pods, one and many, and of their logs.

An address of one begins with its kind in the singular, one of many with the plural, so that what is called "stream" or
"logs" has an address of its own.
"""

from django.urls import URLPattern

pods: list[URLPattern] = []

workloads: list[URLPattern] = []

urlpatterns = [*pods, *workloads]
