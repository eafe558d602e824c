"""Names of the files that articles are exported to."""

from __future__ import annotations

from api.article_files import file_names


def test_every_article_has_a_file_of_its_own_whose_name_begins_with_the_number() -> None:
    long = "办" * 60
    numbers = ["KB-0001", "KB-0002", "kb-0001", f"{long}甲1", f"{long}乙1", "..", "a/b", "a%2Fb", "A/B"]
    names = file_names(numbers)
    assert list(names) == numbers
    assert len({name.lower() for name in names.values()}) == len(numbers)
    assert (names["KB-0001"], names["a/b"]) == ("KB-0001.md", "a%2Fb.md")
    assert names["kb-0001"].startswith("kb-0001-")
    assert all(len(name) < 255 and "/" not in name and not name.startswith(".") for name in names.values())


def test_names_stay_the_same_from_one_export_to_the_next() -> None:
    assert file_names(["KB-1", "KB-2"]) == file_names(["KB-1", "KB-2"]) == {"KB-1": "KB-1.md", "KB-2": "KB-2.md"}
