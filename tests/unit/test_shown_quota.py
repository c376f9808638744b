"""Quotas in a project's overview: in words, the tightest of each limit, and when nothing more fits."""

from services.browse.present import quota


def test_limits_are_said_in_their_units_the_tightest_of_each_and_full_where_nothing_fits() -> None:
    wide = {"hard": {"requests.memory": "64Gi", "pods": "50", "example.com/gpu": "2"}, "used": {"pods": "31"}}
    tight = {
        "hard": {
            "requests.memory": "16Gi",
            "requests.cpu": "8",
            "pods": "31",
            "limits.memory": "512Mi",
            "services": "x",
        },
        "used": {"requests.memory": "10138Mi", "requests.cpu": "4600m", "pods": "31", "limits.memory": "0"},
    }
    lines = quota.lines([{"status": wide}, {"status": tight}, {}])
    assert [(line.word, line.said, line.full) for line in lines] == [
        ("CPU", "4.6 of 8 cores", False),
        ("Memory", "9.9 of 16 Gi", False),
        ("Memory limits", "0 of 512 Mi", False),
        ("Pods", "31 of 31", True),
        ("example.com/gpu", "0 of 2", False),
    ]
    assert [line.width for line in lines] == [30, 32, 0, 52, 0]


def test_numbers_are_plain_and_quotas_of_some_pods_are_not_mixed_in() -> None:
    """cpu is another name of requests.cpu; a quota with scopes counts other pods than the rest."""
    whole = {"hard": {"pods": "1500", "cpu": "2", "requests.memory": "20Ti"}, "used": {"pods": "1250", "cpu": "50m"}}
    tighter = {"status": {"hard": {"requests.cpu": "1"}, "used": {"requests.cpu": "0.5"}}}
    some = {"spec": {"scopes": ["Terminating"]}, "status": {"hard": {"pods": "1"}, "used": {"pods": "1"}}}
    of_class = {"spec": {"scopeSelector": {"matchExpressions": []}}, "status": {"hard": {"pods": "1"}}}
    texts = [line.said for line in quota.lines([{"status": whole}, tighter, some, of_class])]
    assert texts == ["0.5 of 1 cores", "0 of 20 Ti", "1,250 of 1,500"]
    assert [quota.is_for_some(document) for document in ({}, tighter, some, of_class)] == [False, False, True, True]
