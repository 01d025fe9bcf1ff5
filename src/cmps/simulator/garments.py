"""Dresses a body: cloth cut from the surfaces that follow it, hair, hats, glasses and bags.

Cloth is a surface pushed outwards and *cut* by planes in canonical coordinates (see
:mod:`cmps.simulator.body`): ``np.minimum`` of several distances keeps what lies inside all of
them. Numbers named ``_dm`` are canonical; offsets are metres of a person of 1.7 m.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .body import BONE_INDEX, BodyModel, Floats, Shape, Surface, load_body, shape_body
from .hair import add_hair
from .mesh import Material, Mesh, MeshBuilder, Pattern, Strap, ellipsoid, tube, vertex_normals
from .palette import CLOTH, DENIM, SKIN, Colour
from .people import Garment, Person

Array = NDArray[np.floating]

_PATTERNS = {
    "plain": Pattern.PLAIN,
    "stripes": Pattern.STRIPES,
    "checks": Pattern.CHECKS,
    "print": Pattern.PRINT,
    "open": Pattern.OPEN,
}


@dataclass(frozen=True, slots=True)
class TopCut:
    """How a top is cut: where the sleeve ends, where the hem is, how wide it sits, its creases."""

    sleeve_dm: float
    hem_dm: float
    loose: float
    folds: float
    detail: Pattern = Pattern.PLAIN


TOP_CUTS = {
    "T-shirt": TopCut(2.85, -0.25, 0.016, 0.55),
    "polo shirt": TopCut(2.8, -0.2, 0.015, 0.45, Pattern.COLLAR),
    "shirt": TopCut(4.25, -0.3, 0.016, 0.7, Pattern.BUTTONS),
    "blouse": TopCut(3.6, 0.1, 0.017, 0.7),
    "sweater": TopCut(4.28, -0.2, 0.020, 0.6),
    "hoodie": TopCut(4.3, -0.28, 0.027, 0.8),
    "jacket": TopCut(4.32, -0.3, 0.030, 0.8, Pattern.BUTTONS),
    "coat": TopCut(4.32, -0.2, 0.034, 0.7, Pattern.BUTTONS),
    "dress": TopCut(2.4, 0.6, 0.012, 0.5),
}
"""Canonical x of a sleeve's end: 2.5 is the upper arm, 3.3 the elbow, 4.4 the wrist."""

_SHIN_DM, _ANKLE_DM, _KNEE_DM = -6.3, -7.62, -3.9
_SHORTS_DM, _SKIRT_DM, _DRESS_DM, _COAT_DM = -3.3, -3.6, -4.0, -3.3


class Dresser:
    """Builds one person's mesh; each method adds one kind of thing.

    Args:
        model: The body model.
        person: Who is dressed.
    """

    def __init__(self, model: BodyModel, person: Person) -> None:
        self.model = model
        self.person = person
        self.shape: Shape = shape_body(model, person)
        self.builder = MeshBuilder(self.shape)
        self.rng = np.random.default_rng([person.variation, 1])
        self.unit = self.shape.unit
        self._smooth: dict[tuple[str, int], tuple[Floats, Floats]] = {}

    # Helpers ------------------------------------------------------------------------------

    def place(self, surface: str) -> Floats:
        """Return the rest coordinates of a surface's vertices."""
        return self.shape.vertices[self.model.surfaces[surface].vertices]

    def joint(self, bone: str) -> Floats:
        """Return the rest coordinates of a bone's joint."""
        return np.asarray(self.shape.joints[BONE_INDEX[bone]])

    def layer(self, surface: str, offset: Array | float, rounds: int) -> Floats:
        """Return a surface, smoothed some rounds and pushed outwards by ``offset``."""
        key = surface, rounds
        if key not in self._smooth:
            own = self.model.surfaces[surface]
            vertices = self.place(surface)
            for _ in range(rounds):
                vertices = 0.4 * vertices + 0.6 * (own.smoother @ vertices)
            self._smooth[key] = vertices, vertex_normals(vertices, own.triangles)
        vertices, normals = self._smooth[key]
        push = np.broadcast_to(np.asarray(offset, np.float32), (len(vertices),))
        return vertices + normals * push[:, None] * np.float32(self.unit)

    def dye(self, garment: Garment) -> Colour:
        """Return a garment's reflectance: no two dyes of one name are quite the same."""
        table = DENIM if garment.kind == "jeans" else CLOTH
        shade = self.rng.uniform(0.85, 1.15) * self.rng.uniform(0.96, 1.04, 3)
        red, green, blue = np.clip(np.array(table[garment.colour]) * shade, 0.012, 0.8)
        return float(red), float(green), float(blue)

    def cloth(self, garment: Garment, folds: float, detail: Pattern = Pattern.PLAIN) -> Material:
        """Return the material of a garment."""
        pattern = _PATTERNS[garment.pattern]
        return Material(
            colour=self.dye(garment),
            second=CLOTH[garment.second] if garment.second else (0.0, 0.0, 0.0),
            pattern=detail if pattern is Pattern.PLAIN else pattern,
            folds=folds,
            gloss=0.03 if garment.kind in ("jacket", "coat") else 0.012,
            offset=float(self.rng.uniform(0, 40)),
        )

    # Clothes ------------------------------------------------------------------------------

    def wear_top(self) -> Material:
        """Add the top and return its material."""
        person, tights = self.person, self.model.surfaces["tights"]
        cut = TOP_CUTS[person.top.kind]
        if person.top.kind == "shirt" and person.age_group != "elderly":
            rolled = self.rng.random() < 0.3
            cut = replace(cut, sleeve_dm=3.5) if rolled else cut
        if person.bottom is not None and person.bottom.kind == "skirt" and cut.loose < 0.025:
            cut = replace(cut, hem_dm=0.8)
        material = self.cloth(person.top, cut.folds, cut.detail)
        if person.bag is not None and person.bag.kind in ("backpack", "shoulder bag"):
            backpack = person.bag.kind == "backpack"
            material = replace(
                material,
                strap=Strap.BACKPACK if backpack else Strap.CROSSED,
                strap_colour=CLOTH[person.bag.colour],
            )
        x, y = np.abs(tights.canonical[:, 0]), tights.canonical[:, 1]
        inside = np.where(tights.arm, cut.sleeve_dm - x, y - cut.hem_dm)
        inside = np.minimum(inside, 5.95 - y)
        waist = np.clip((2.0 - y) / 2.4, 0, 1) * ~tights.arm
        sleeve = np.clip((x - 2.0) / 0.9, 0, 1) * (cut.sleeve_dm < 3) * tights.arm
        belly = 0.010 * max(0.0, person.weight - 0.6)
        width = cut.loose + (0.014 + belly) * waist + 0.010 * sleeve
        # Cloth spans the hollows of the trunk; around the arms it has to follow them.
        spanning = self.layer("tights", width + 0.010, 5 if cut.loose < 0.018 else 14)
        cloth = np.where(tights.arm[:, None], self.layer("tights", width, 3), spanning)
        self.builder.add(cloth, tights, material, inside)
        if person.top.kind == "coat":
            self._hang_skirt(material, _COAT_DM, 0.032)
        if person.top.kind == "dress":
            self._hang_skirt(material, _DRESS_DM, 0.008)
        if person.top.kind == "hoodie":
            neck, unit = self.joint("Neck"), self.unit
            back = neck + np.array([0, 0.005, -0.075]) * unit
            hood = ellipsoid(back, (0.10 * unit, 0.055 * unit, 0.055 * unit))
            self.builder.add_solid(*hood, material, "Spine1")
        if cut.detail in (Pattern.COLLAR, Pattern.BUTTONS):
            self._collar(material)
        return material

    def wear_bottom(self) -> None:
        """Add trousers, shorts or a skirt."""
        garment, tights = self.person.bottom, self.model.surfaces["tights"]
        if garment is None:
            return
        denim = garment.kind == "jeans"
        material = self.cloth(
            garment, 0.8 if denim else 0.65, Pattern.DENIM if denim else Pattern.PLAIN
        )
        if garment.kind == "skirt":
            self._hang_skirt(material, _SKIRT_DM, 0.010)
            return
        y = tights.canonical[:, 1]
        end = _SHORTS_DM if garment.kind == "shorts" else _ANKLE_DM
        inside = np.where(tights.arm, -1.0, np.minimum(1.3 - y, y - end))
        width = 0.010 + np.clip((-1.5 - y) / 5, 0, 1) * (0.008 if denim else 0.018)
        if garment.kind == "shorts":
            width = width + 0.022 * np.clip(-y / 3, 0, 1)
        self.builder.add(self.layer("tights", width, 3), tights, material, inside)

    def wear_shoes(self) -> None:
        """Add shoes, and socks where the legs show."""
        tights = self.model.surfaces["tights"]
        y, z = tights.canonical[:, 1], tights.canonical[:, 2]
        sneakers = self.person.shoes.kind == "sneakers"
        colour = self.dye(self.person.shoes)
        sole = (0.62, 0.62, 0.60) if sneakers else (0.02, 0.018, 0.016)
        pattern = Pattern.SHOE
        material = Material(colour, sole, pattern, gloss=0.02 if sneakers else 0.10)
        width = 0.012 + 0.006 * (y < -8.0) + 0.004 * (z > 0.5)
        inside = np.where(tights.arm, -1.0, -7.45 - y)
        self.builder.add(self.layer("tights", width, 1), tights, material, inside)
        if self._bare_legs() and sneakers:
            sock = Material((0.55, 0.55, 0.54), folds=0.2)
            inside = np.where(tights.arm, -1.0, np.minimum(-6.9 - y, y + 7.7))
            self.builder.add(self.layer("tights", 0.006, 1), tights, sock, inside)

    def show_skin(self) -> None:
        """Add head, hands, and the limbs that the clothes leave bare."""
        skin = self.model.surfaces["skin"]
        x, y = np.abs(skin.canonical[:, 0]), skin.canonical[:, 1]
        sleeve = TOP_CUTS[self.person.top.kind].sleeve_dm
        if self.person.top.kind == "shirt":
            sleeve = min(sleeve, 3.5)
        inside = np.where(skin.arm, x - sleeve + 0.3, np.where(skin.head > 0.3, 1.0, y - 5.2))
        if self._bare_legs():
            legs = np.where(skin.arm, -1.0, np.minimum(-2.2 - y, y + 7.7))
            inside = np.maximum(inside, legs)
        tone = np.array(SKIN[self.person.skin]) * self.rng.uniform(0.9, 1.1)
        lips = 0.75 if self.person.gender == "female" and self.person.years > 15 else 0.35
        brow = 0.12 if self.person.skin in ("brown", "dark") else 0.35
        material = Material(
            (float(tone[0]), float(tone[1]), float(tone[2])),
            (lips, brow, float(self.person.years > 60)),
            Pattern.SKIN,
            gloss=0.05,
        )
        self.builder.add(self.place("skin"), skin, material, inside)
        eyes = self.model.surfaces["eyes"]
        self.builder.add(
            self.place("eyes"), eyes, Material((0.55, 0.54, 0.52), (0.03, 0.02, 0.02), Pattern.EYE)
        )

    def _bare_legs(self) -> bool:
        return self.person.bottom is None or self.person.bottom.kind in ("shorts", "skirt")

    def _hang_skirt(self, material: Material, end_dm: float, offset: float) -> None:
        skirt = self.model.surfaces["skirt"]
        y = skirt.canonical[:, 1]
        inside = np.minimum(y - end_dm, 1.6 - y)
        flare = offset + 0.035 * np.clip((0.5 - y) / 4, 0, 1)
        self.builder.add(self.layer("skirt", flare, 2), skirt, material, inside)

    def _collar(self, material: Material) -> None:
        tights = self.model.surfaces["tights"]
        x, y = np.abs(tights.canonical[:, 0]), tights.canonical[:, 1]
        ring = np.minimum(np.minimum(y - 5.45, 6.12 - y), 0.85 - x)
        inside = np.where(tights.arm, -1.0, ring)
        plain = replace(material, pattern=Pattern.PLAIN, strap=Strap.NONE, folds=0.2)
        self.builder.add(self.layer("tights", 0.034, 3), tights, plain, inside)

    # What is carried ----------------------------------------------------------------------

    def wear_hat(self) -> None:
        """Add a cap, a beanie or a sun hat."""
        hat = self.person.hat
        if hat is None:
            return
        skin, unit = self.model.surfaces["skin"], self.unit
        material = self.cloth(hat, 0.25)
        y, z = skin.canonical[:, 1], skin.canonical[:, 2]
        rim = {"cap": 7.72, "beanie": 7.55, "sun hat": 7.75}[hat.kind]
        head = skin.head > 0.9
        # The rim rises over the brow, so that the eyes stay free.
        inside = np.where(head, np.minimum(y - rim - 0.12 * np.clip(z - 0.9, 0, 1), 1.0), -1.0)
        place, normals = self.place("skin"), self.skin_normals()
        thick = 0.034 if hat.kind == "beanie" else 0.030
        self.builder.add(place + normals * np.float32(thick * unit), skin, material, inside)
        brow = place[head & (np.abs(y - rim) < 0.12)]
        front, back, height = brow[:, 2].max(), brow[:, 2].min(), float(brow[:, 1].mean())
        if hat.kind == "cap":
            peak = ellipsoid(
                (0, height + 0.010 * unit, front + 0.010 * unit),
                (0.082 * unit, 0.011 * unit, 0.085 * unit),
                around=18,
                along=7,
            )
            self.builder.add_solid(*peak, material, "Head")
        if hat.kind == "sun hat":
            brim = ellipsoid(
                (0, height + 0.008 * unit, (front + back) / 2),
                (0.17 * unit, 0.013 * unit, 0.185 * unit),
                around=22,
                along=7,
            )
            self.builder.add_solid(*brim, material, "Head")

    def skin_normals(self) -> Floats:
        """Return the normals of the bare skin."""
        return vertex_normals(self.place("skin"), self.model.surfaces["skin"].triangles)

    def wear_glasses(self) -> None:
        """Add a frame: two rims, the bridge, and the temples to the ears."""
        if not self.person.glasses:
            return
        unit, eyes = self.unit, self.place("eyes")
        frame = Material((0.012, 0.011, 0.011), gloss=0.2)
        front = eyes[:, 2].max() + 0.012 * unit
        centres = [eyes[(eyes[:, 0] * side) > 0].mean(0) for side in (1, -1)]
        angle = np.linspace(0, 2 * np.pi, 17)
        width, height, wire = 0.027 * unit, 0.021 * unit, 0.0042 * unit
        for centre in centres:
            rim = np.stack(
                [
                    centre[0] + width * np.cos(angle),
                    centre[1] + height * np.sin(angle),
                    front - 0.008 * unit * np.cos(angle) ** 2,
                ],
                1,
            )
            self.builder.add_solid(*tube(rim, wire), frame, "Head")
            side = np.sign(centre[0])
            outer = np.array([centre[0] + side * width, centre[1], front - 0.008 * unit])
            temple = np.linspace(outer, outer + np.array([side * 0.014, 0.0, -0.085]) * unit, 6)
            self.builder.add_solid(*tube(temple, wire), frame, "Head")
        inner = np.array([[c[0] - np.sign(c[0]) * width, c[1], front] for c in centres])
        self.builder.add_solid(*tube(np.linspace(inner[0], inner[1], 5), wire), frame, "Head")

    def carry_bag(self) -> tuple[int, int]:
        """Add the bag; returns the range of vertices that hang from the hand."""
        bag, unit = self.person.bag, self.unit
        if bag is None:
            return 0, 0
        material = replace(self.cloth(bag, 0.25), gloss=0.06)
        hips, neck = self.joint("Hips"), self.joint("Neck")
        if bag.kind == "backpack":
            tights = self.model.surfaces["tights"]
            y, x = tights.canonical[:, 1], np.abs(tights.canonical[:, 0])
            back = float(self.place("tights")[(y > 2.5) & (y < 4.8) & (x < 0.8), 2].min())
            height, size = 0.66 * neck[1] + 0.34 * hips[1], 1.12 if self.person.years < 13 else 1.0
            for up, out, radii in (
                (0.0, 0.075, (0.15, 0.21, 0.085)),
                (-0.07, 0.155, (0.11, 0.10, 0.04)),
            ):
                place = (0.0, height + up * unit, back - out * unit * size - 0.025)
                part = ellipsoid(
                    place,
                    (radii[0] * unit * size, radii[1] * unit * size, radii[2] * unit * size),
                    0.5,
                )
                self.builder.add_solid(*part, material, "Spine1")
            return 0, 0
        if bag.kind == "shoulder bag":
            side = 0.225 * unit * (1 + 0.4 * (self.person.weight - 0.5))
            part = ellipsoid(
                (side, hips[1] - 0.02 * unit, -0.02 * unit),
                (0.05 * unit, 0.115 * unit, 0.15 * unit),
                0.45,
            )
            self.builder.add_solid(*part, material, "Hips")
            return 0, 0
        skin = self.model.surfaces["skin"]
        palm = self.place("skin")[skin.canonical[:, 0] > 4.5].mean(0)
        start = self.builder.count
        bend = np.linspace(0, np.pi, 9)
        handle = np.stack([np.zeros(9), 0.13 * np.sin(bend) - 0.125, 0.07 * np.cos(bend)], 1)
        self.builder.add_solid(*tube(palm + handle * unit, 0.008 * unit), material, "LeftHand")
        body = ellipsoid(
            palm + np.array([0, -0.225, 0]) * unit, (0.05 * unit, 0.115 * unit, 0.145 * unit), 0.42
        )
        self.builder.add_solid(*body, material, "LeftHand")
        return start, self.builder.count


def dress(person: Person, model: BodyModel | None = None) -> Mesh:
    """Build the mesh of a dressed person in the rest pose.

    Example:
        >>> import numpy as np
        >>> from cmps.simulator.people import sample_person
        >>> mesh = dress(sample_person(np.random.default_rng(1), "p01"))
        >>> mesh.triangles.shape[1], bool(np.isfinite(mesh.vertices).all())
        (3, True)
    """
    dresser = Dresser(model or load_body(), person)
    dresser.show_skin()
    dresser.wear_bottom()
    dresser.wear_shoes()
    dresser.wear_top()
    skin: Surface = dresser.model.surfaces["skin"]
    add_hair(dresser.builder, person, skin, dresser.place("skin"), dresser.skin_normals())
    dresser.wear_hat()
    dresser.wear_glasses()
    return dresser.builder.build(dresser.carry_bag())
