from __future__ import annotations

import json

import numpy as np
import pytest
from desks import CROWD, desk, pixels, sighting

from cmps.gallery.cases import ChangedError
from cmps.gallery.memory import MemoryGallery
from cmps.gallery.records import GalleryError
from cmps.search.places import Where
from cmps.search.query import QueryError
from cmps.search.sentences import Sentences
from cmps.understanding.chips import Chip


@pytest.fixture
def office(store):
    return desk(store)


@pytest.fixture
def session(office):
    return office.new_session(office.open_case("a lost child", "ana").id).id


def first(office, session):
    return office.results(office.session(session)).people[0]


def names(person):
    return {one.sighting.id for one in person.sightings}


def test_no_case_without_a_purpose_and_no_session_without_a_case(office):
    with pytest.raises(GalleryError, match="purpose"):
        office.open_case("  ")
    with pytest.raises(GalleryError, match="c9"):
        office.new_session("c9")


def test_nothing_said_finds_nobody_and_says_why(office, session):
    ranking = office.results(office.session(session))
    assert ranking.people == ()
    assert "nothing was said" in ranking.thin


def test_words_find_the_person_with_all_their_pictures(office, session):
    made = office.say(session, "red shirt and blue jeans", by="ana")
    assert [one.code() for one in made.state().description.chips] == [
        "upper:shirt red",
        "lower:jeans blue",
    ]
    person = first(office, session)
    assert names(person) == {"red-1", "red-2", "red-3"}
    assert [one.seen for one in person.reasons] == ["seen", "seen"]
    ranking = office.results(office.session(session))
    assert [one.rank for one in ranking.people] == list(range(1, len(ranking.people) + 1))
    chances = [one.probability for one in ranking.people]
    assert chances == sorted(chances, reverse=True)
    assert sum(len(one.sightings) for one in ranking.people) == len(CROWD)
    assert json.loads(json.dumps(ranking.as_dict()))["people"][0]["rank"] == 1


def test_what_else_was_heard_counts_for_the_ranking(office, session):
    said = "blue shirt"
    office.say(session, said)
    alone = office.results(office.session(session))
    office.undo(session)
    office.say(session, said, readings=("red shirt", "red shirt"), spoken=True)
    heard = office.results(office.session(session))

    def cosine(ranking):
        return next(
            one.similarities[0]
            for person in ranking.people
            for one in person.sightings
            if one.sighting.id == "red-1"
        )

    assert cosine(heard) > cosine(alone) + 0.1


def test_a_sentence_that_was_prepared_is_not_encoded_again(office, session):
    encoded = []
    opened = office.refiner.text
    text = opened("accurate")

    class Counting:
        def encode(self, sentence):
            encoded.append(sentence)
            return text.encode(sentence)

    office.refiner.sentences = Sentences(lambda variant: Counting())
    office.refiner.prepare(["red shirt", "…", "read shirt"])
    assert encoded == ["red shirt", "read shirt"]
    office.say(session, "red shirt", readings=("read shirt",))
    office.results(office.session(session))
    assert encoded.count("red shirt") == encoded.count("read shirt") == 1


def test_what_is_ruled_out_goes_down(office, session):
    office.say(session, "red shirt")
    before = office.results(office.session(session))
    office.mark(session, Chip("lower", "jeans", ("blue",)), "not")
    after = office.results(office.session(session))
    assert "redblack" in names(after.people[0])
    assert not ("redblack" in names(before.people[0]) and len(names(before.people[0])) == 1)
    (reason,) = [one for one in after.people[0].reasons if one.chip.slot == "lower"]
    assert reason.seen != "seen"
    assert reason.counts > 0


def test_a_tick_stands_and_brings_those_who_look_alike(office, session):
    office.say(session, "blue jeans")
    office.click(session, "tick", "green")
    ranking = office.results(office.session(session))
    assert ranking.people[0].mark == "ticked"
    assert "green" in names(ranking.people[0])
    assert ranking.people[0].probability > 0.99
    assert ranking.thin == ""


def test_a_rejected_person_is_gone_with_their_tracklet_and_pushes_down_their_likes(office, session):
    office.say(session, "red shirt")
    office.click(session, "reject", "red-1")
    ranking = office.results(office.session(session))
    shown = [id for person in ranking.people for id in names(person)]
    assert not {"red-1", "red-2"} & set(shown)
    assert "redblack" in names(ranking.people[0])
    assert "red-3" not in names(ranking.people[0])


def test_undo_brings_back_the_very_same_ranking(office, session):
    office.say(session, "red shirt")
    before = office.results(office.session(session)).as_dict()["people"]
    office.click(session, "reject", "red-1")
    assert office.results(office.session(session)).as_dict()["people"] != before
    office.undo(session)
    assert office.results(office.session(session)).as_dict()["people"] == before
    assert office.redo(session).state().rejected == ("red-1",)


def test_a_photo_is_a_query_and_only_its_vectors_are_kept(office, session):
    made = office.show_photo(session, pixels("yellow", "white", 99), name="phone.jpg")
    assert made.state().photos
    assert names(first(office, session)) == {"yellow"}
    (photo,) = office.store.cases.photos(made.case, made.state().photos)
    assert photo.name == "phone.jpg"


def test_liked_sightings_are_queries_and_no_proof(office, session):
    office.click(session, "like", "purple")
    person = first(office, session)
    assert (person.mark, names(person)) == ("liked", {"purple"})
    assert person.probability < 1


def test_filters_come_first(office, session):
    office.say(session, "red shirt")
    office.look(session, Where(cameras=("hall",)))
    ranking = office.results(office.session(session))
    assert ranking.passing == 2
    assert {id for person in ranking.people for id in names(person)} == {"red-3", "white"}
    with pytest.raises(GalleryError, match="roof"):
        office.look(session, Where(cameras=("roof",)))
    with pytest.raises(QueryError, match="harbour"):
        office.look(session, Where(sites=("harbour",)))


def test_a_filtered_ranking_gives_the_same_evidence(office, session):
    office.say(session, "red shirt")
    whole = office.results(office.session(session))
    office.look(session, Where(sites=("mall",)))
    part = office.results(office.session(session))
    ids = [str(id) for id in whole.ids]
    order = [ids.index(str(id)) for id in part.ids]
    np.testing.assert_allclose(part.odds, whole.odds[order], rtol=1e-6)


def test_a_large_gallery_finds_the_same_people(office, session, monkeypatch):
    office.say(session, "red shirt and blue jeans")
    whole = office.results(office.session(session))
    snapshot = office.store.snapshot()
    part = type(snapshot)(snapshot.version, snapshot.count + 1, snapshot.resident)
    monkeypatch.setattr(MemoryGallery, "snapshot", lambda self, most=0: part)
    large = office.results(office.session(session))
    assert names(large.people[0]) == names(whole.people[0])


def test_a_clicked_sighting_that_was_deleted_since_does_no_harm(office, session):
    office.say(session, "red shirt")
    for kind, id in (("tick", "red-3"), ("reject", "green"), ("like", "white")):
        office.click(session, kind, id)
    office.store.delete(["red-3", "green", "white"])
    assert first(office, session).mark == ""


def test_unknown_things_are_named(office, session):
    with pytest.raises(GalleryError, match="nobody"):
        office.click(session, "tick", "nobody")
    with pytest.raises(QueryError, match="kissed"):
        office.click(session, "kissed", "green")
    with pytest.raises(GalleryError, match="s9"):
        office.say("s9", "red shirt")


def test_an_empty_gallery_says_so(office, session):
    office.say(session, "red shirt")
    office.store.delete([one.id for one in CROWD])
    with pytest.raises(GalleryError, match="cmps index"):
        office.results(office.session(session))


def test_new_sightings_count_at_once(office, session):
    office.say(session, "red shirt and blue jeans")
    assert office.results(office.session(session)).gallery == len(CROWD)
    office.store.upsert([sighting("red-4", "red", "blue", 9)])
    assert "red-4" in names(first(office, session))


def test_a_question_is_asked_once_and_its_answer_narrows_down(office, session):
    office.say(session, "blue jeans")
    asked = []
    for reply in ("unknown", "no", "yes"):
        found = office.ask(office.session(session), count=100)
        question = next(one for one in found if one.chip is not None)
        assert question.gain > 0
        assert question.text.endswith("?")
        asked.append(question.chip)
        office.answer(session, question.chip, reply)
    assert len({chip.meaning for chip in asked}) == 3
    assert office.session(session).state().asked == tuple(asked)


def test_an_open_question_is_put_once_and_answered_in_words(office, session):
    office.say(session, "blue jeans")
    question = next(one for one in office.ask(office.session(session), count=100) if one.about)
    assert question.chip is None
    assert question.text.endswith("?")
    before = office.results(office.session(session)).odds
    unknown = office.say(session, "I don't know", about=question.about).state()
    assert unknown.topics == (question.about,)
    assert [one.text for one in unknown.sentences] == ["blue jeans"]
    left = office.ask(office.session(session), count=100)
    assert question.about not in [one.about for one in left]
    told = office.say(session, "a red shirt", about="upper")
    assert told.state().description.of("upper")
    assert (office.results(told).odds != before).any()
    assert told.explain()[-1]["did"].endswith("? typed: a red shirt")
    with pytest.raises(QueryError, match="wings"):
        office.say(session, "white ones", about="wings")


def test_the_answer_of_a_question_about_the_jeans_finds_them(office, session):
    office.say(session, "red shirt")
    office.answer(session, Chip("lower", "jeans", ("black",)), "yes")
    assert "redblack" in names(first(office, session))
    office.undo(session)
    office.answer(session, Chip("lower", "jeans", ("black",)), "no")
    assert "redblack" not in names(first(office, session))


def test_who_says_which_version_they_saw_is_refused_after_a_change(office, session):
    first = office.say(session, "red shirt", version=0)
    chip = Chip("upper", "shirt", ("red",))
    steps = (
        lambda seen: office.say(session, "blue jeans", version=seen),
        lambda seen: office.click(session, "tick", "red-1", version=seen),
        lambda seen: office.mark(session, chip, "maybe", version=seen),
        lambda seen: office.look(session, Where(cameras=("gate",)), version=seen),
        lambda seen: office.answer(session, chip, "yes", version=seen),
        lambda seen: office.show_photo(session, pixels("red", "blue", 1), version=seen),
        lambda seen: office.undo(session, version=seen),
        lambda seen: office.redo(session, version=seen),
    )
    for step in steps:
        with pytest.raises(ChangedError, match="changed by somebody else"):
            step(0)
    assert office.session(session) == first
    for seen, step in enumerate(steps, 1):
        assert step(seen).version == seen + 1


def test_who_may_see_some_cameras_finds_only_what_these_saw(office, session):
    made = office.say(session, "red shirt and blue jeans")
    only = office.results(made, cameras=frozenset({"hall", "not indexed"}))
    assert {one.sighting.camera for person in only.people for one in person.sightings} == {"hall"}
    assert only.passing == sum(one.camera == "hall" for one in CROWD)
    made = office.look(session, Where(cameras=("gate",)))
    assert office.results(made, cameras=frozenset({"hall"})).people == ()
    assert office.results(made, cameras=frozenset()).passing == 0
    # what another operator ticked counts, and is not shown
    made = office.click(session, "tick", "red-1")
    ids = office.results(made, cameras=frozenset({"hall"})).ids
    assert "red-1" not in set(ids)
