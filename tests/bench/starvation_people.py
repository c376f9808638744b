"""People for the bench of starvation, as JSON: `python -m tests.bench.starvation_people PROJECTS CLIENTS`.

`quiet` and `greedy` (one for each client) are session keys; `project` is the quiet person's, `projects` the other's.
"""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")


def main() -> None:
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")
    from accounts.domain import places
    from accounts.scope import workspace_scope
    from console import wiring
    from tests.bench.console import client_of
    from tests.people import make_people, make_project

    projects, clients = map(int, sys.argv[1:3])
    people, cluster = make_people(), wiring.cluster()
    project = make_project(people, cluster, "quiet")
    scope = workspace_scope(people.charlie, people.elsewhere.name)
    assert scope
    names = [f"greedy-{number}" for number in range(projects)]
    for name in names:
        places.create_project(scope=scope, cluster=cluster, name=name)
    keys = [client_of(name).cookies[settings.SESSION_COOKIE_NAME].value for name in ["bob", *["charlie"] * clients]]
    print(json.dumps({"project": project.name, "projects": names, "quiet": keys[0], "greedy": keys[1:]}))


if __name__ == "__main__":
    main()
