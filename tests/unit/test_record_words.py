"""What an entry of the record says, in words."""

from accounts import changed, words


def test_paths_and_capabilities_are_said_in_words_and_each_once() -> None:
    kept = (
        "metadata.annotations[kubesphere.io/description]", "metadata.labels.shop", "spec.sessionAffinity",
        "spec.sessionAffinityConfig", "spec.ports[80/TCP].nodePort", "spec.template.spec.containers[api].env[A].value",
        "spec.template.spec.containers[0].image", "data.key", "spec.odd", "added: logs", "role: viewer to operator",
    )  # fmt: skip
    assert changed.in_words(kept) == (
        "description", "label shop", "session affinity", "node port of 80/TCP", "environment variables of api",
        "image of 0", "key key", "spec.odd", "added: View logs", "role: viewer to operator",
    )  # fmt: skip
    assert changed.message("needs logs") == "needs “View logs”"


def test_what_was_refused_is_not_said_in_the_past() -> None:
    labels = [str(words.action("member.invite", done=done)) for done in (True, False)]
    assert labels == ["Invited", "Tried to invite"]
    assert str(words.action("access.refused", done=False)) == "Tried to open"
    assert str(words.action("odd", done=False)) == "odd"
