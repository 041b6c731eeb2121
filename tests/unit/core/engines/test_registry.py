import sys
from importlib.metadata import EntryPoint

import pytest

from core.base.errors import EngineError
from core.engines import registry


def test_listing_engines_imports_none(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("core.engines.mesh")]:
        monkeypatch.delitem(sys.modules, name)
    specs = registry.list_engines()
    assert [s.name for s in specs if s.name == "mesh"] == ["mesh"]
    assert not any(n.startswith("core.engines.mesh") for n in sys.modules)


def test_mesh_is_the_default_engine():
    assert registry.load_engine().spec is registry.MESH


def test_an_unknown_engine_is_named_with_the_known_ones():
    with pytest.raises(EngineError, match=r"“nope”.*mesh"):
        registry.load_engine("nope")


def test_other_packages_bring_engines(monkeypatch):
    monkeypatch.setattr(registry, "ENGINES", registry.Registry("engine"))
    point = EntryPoint("extra", "no_such_package:Engine", registry.ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group else [])
    assert [s.name for s in registry.list_engines()] == ["extra"]
    with pytest.raises(EngineError, match="extra"):
        registry.load_engine("extra")
