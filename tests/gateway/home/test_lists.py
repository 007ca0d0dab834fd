from dataclasses import replace

from gateway.home import lists
from gateway.home.effects import changed
from tests.gateway.home.rooms import HOUSE, entity, situation

TODO = entity("todo.shopping_list")


def test_an_item_is_put_on_a_list_with_a_capital() -> None:
    todo = lists.add_item(situation({"name": "Groceries", "item": "brown bread"})).matched[0]
    assert todo.attributes["items"] == ("Milk", "Brown bread")
    assert todo.state == "2"


def test_the_shopping_list_needs_no_name() -> None:
    assert lists.add_item(situation({"item": "eggs"})).matched[0].id == "todo.shopping_list"
    named = replace(HOUSE, entities=(replace(TODO, id="todo.x", name="Shopping List"),))
    assert lists.add_item(situation({"item": "eggs"}, house=named)).matched[0].id == "todo.x"
    none = replace(HOUSE, entities=())
    assert lists.add_item(situation({"item": "eggs"}, house=none)).error == "no_domain"


def test_an_item_is_checked_off_in_any_capitals() -> None:
    todo = lists.complete_item(situation({"name": "Groceries", "item": "milk"})).matched[0]
    assert todo.attributes["items"] == ()
    assert todo.attributes["completed"] == ("Milk",)
    assert todo.state == "0"


def test_an_item_is_removed_whether_done_or_not() -> None:
    assert lists.remove_item(situation({"item": "MILK"})).matched[0].attributes["items"] == ()
    done = replace(HOUSE, entities=(changed(TODO, items=(), completed=("Milk", "Tea")),))
    assert lists.remove_item(situation({"item": "milk"}, house=done)).matched[0].attributes["completed"] == ("Tea",)


def test_an_item_that_is_not_there_is_an_error() -> None:
    for edit in (lists.complete_item, lists.remove_item):
        effect = edit(situation({"item": "wine"}))
        assert (effect.error, effect.error_slots) == ("item_not_found", {"item": "wine"})


def test_a_list_without_items_is_empty() -> None:
    bare = replace(HOUSE, entities=(replace(TODO, attributes={}),))
    assert lists.add_item(situation({"item": "eggs"}, house=bare)).matched[0].attributes["items"] == ("Eggs",)


def test_a_full_list_takes_no_more() -> None:
    full = replace(HOUSE, entities=(changed(TODO, items=("Milk",) * lists.ITEM_LIMIT),))
    assert lists.add_item(situation({"item": "eggs"}, house=full)).error == "list_full"
