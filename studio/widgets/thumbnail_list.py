"""A grid of small pictures with names: used, dragged out, renamed, removed.

It shows plain tiles and says what a person wants done with which of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDrag,
    QImage,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.widgets.drag_data import source_data
from studio.widgets.icons import pixmap
from studio.widgets.theme import colors

TILE_PX: Final = QSize(120, 116)
PICTURE_PX: Final = QSize(108, 68)
_MARGIN_PX = 6
_TILE_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Tile:
    """One entry.

    Attributes:
        id: What it stands for.
        title: Its name.
        subtitle: A few more words.
        icon: Shown while there is no picture.
        tint: `#rrggbb` of the icon and of the line under the picture.
        image: Its picture, if there is one.
        badge: A short word on the picture; empty for none.
        is_missing: Whether its file is gone.
        is_fixed: Whether it can be neither renamed nor removed.
    """

    id: str
    title: str
    subtitle: str = ""
    icon: str = "portrait"
    tint: str = "#999999"
    image: QImage | None = None
    badge: str = ""
    is_missing: bool = False
    is_fixed: bool = False


class _Model(QAbstractListModel):
    renamed = Signal(str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.tiles: list[Tile] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.tiles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        tile = self.tiles[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return tile.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(tile)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{tile.title}, {tile.subtitle}"
        return tile if role == _TILE_ROLE else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled
        is_fixed = not index.isValid() or self.tiles[index.row()].is_fixed
        return flags if is_fixed else flags | Qt.ItemFlag.ItemIsEditable

    def setData(
        self,
        index: _Index,
        value: Any,  # noqa: ANN401
        role: int = Qt.ItemDataRole.EditRole,
    ) -> bool:
        tile = self.tiles[index.row()]
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name or name == tile.title:
            return False
        self.renamed.emit(tile.id, name)
        return True


class ThumbnailList(QListView):
    """A grid that is as high as its tiles need; what lies around it scrolls."""

    used = Signal(str)
    """Double click or Enter on a tile."""
    chosen = Signal(str)
    """A tile became the current one."""
    renamed = Signal(str, str)
    remove_wanted = Signal(str)
    menu_wanted = Signal(str, QPoint)
    """A tile and where on the screen its menu belongs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setGridSize(TILE_PX)
        self.setUniformItemSizes(True)
        self.setDragEnabled(True)
        self.setAcceptDrops(False)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(lambda index: self.used.emit(self._id(index)))
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        self._model.renamed.connect(self.renamed)
        self._fit()

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """What it shows."""
        return tuple(self._model.tiles)

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Shows other tiles; the current one stays if it is among them."""
        if [tile.id for tile in tiles] == [tile.id for tile in self._model.tiles]:
            self._model.tiles = list(tiles)
            if tiles:
                last = self._model.index(len(tiles) - 1)
                self._model.dataChanged.emit(self._model.index(0), last)
            return
        current = self.current_id
        self._model.beginResetModel()
        self._model.tiles = list(tiles)
        self._model.endResetModel()
        self.set_current(current)
        self._fit()

    def set_image(self, tile_id: str, image: QImage) -> None:
        """Gives a tile its picture."""
        for row, tile in enumerate(self._model.tiles):
            if tile.id == tile_id:
                self._model.tiles[row] = replace(tile, image=image)
                index = self._model.index(row)
                self._model.dataChanged.emit(index, index)

    @property
    def current_id(self) -> str | None:
        """The current tile."""
        index = self.currentIndex()
        return self._id(index) if index.isValid() else None

    def set_current(self, tile_id: str | None) -> None:
        """Makes a tile the current one, or none."""
        if tile_id == self.current_id:
            return
        for row, tile in enumerate(self._model.tiles):
            if tile.id == tile_id:
                self.setCurrentIndex(self._model.index(row))
                return
        self.setCurrentIndex(QModelIndex())
        self.clearSelection()

    def start_renaming(self, tile_id: str) -> None:
        """Lets the name of a tile be typed."""
        for row, tile in enumerate(self._model.tiles):
            if tile.id == tile_id and not tile.is_fixed:
                self.setCurrentIndex(self._model.index(row))
                self.edit(self._model.index(row))

    def tile_rect(self, tile_id: str) -> QRect:
        """Where a tile is drawn, in the viewport."""
        rows = [row for row, tile in enumerate(self._model.tiles) if tile.id == tile_id]
        return self.visualRect(self._model.index(rows[0])) if rows else QRect()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter uses a tile, Delete removes it."""
        current = self.current_id
        if self.state() is QAbstractItemView.State.EditingState or current is None:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.used.emit(current)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit(current)
        else:
            super().keyPressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drags the current tile out with its picture."""
        del actions
        current = self.current_id
        if current is None:
            return
        drag = QDrag(self)
        drag.setMimeData(source_data(current))
        tile = next(tile for tile in self._model.tiles if tile.id == current)
        drag.setPixmap(_picture(tile, PICTURE_PX, 1.0))
        drag.exec(Qt.DropAction.CopyAction)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Makes room for as many rows as the width leaves."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        columns = max(1, (self.viewport().width() or TILE_PX.width()) // TILE_PX.width())
        rows = -(-len(self._model.tiles) // columns)
        self.setFixedHeight(rows * TILE_PX.height() + 2 * self.frameWidth() + 2)

    def _id(self, index: _Index) -> str:
        return self._model.tiles[index.row()].id

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._id(index))

    def _on_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            self.setCurrentIndex(index)
            self.menu_wanted.emit(self._id(index), self.viewport().mapToGlobal(at))


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return TILE_PX

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tile: Tile = index.data(_TILE_ROLE)
        worn = colors()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        inner = rect.adjusted(3, 3, -3, -3)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        if is_selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(worn.raised))
            painter.drawRoundedRect(QRectF(inner), 6, 6)
        if is_selected:
            painter.setPen(QColor(worn.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(inner).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        ratio = painter.device().devicePixelRatioF()
        at = QPoint(rect.left() + _MARGIN_PX, rect.top() + _MARGIN_PX)
        painter.drawPixmap(at, _picture(tile, PICTURE_PX, ratio))
        width = PICTURE_PX.width()
        text = QRect(at.x() + 2, at.y() + PICTURE_PX.height() + 3, width - 4, 18)
        self._draw_text(painter, text, tile.title, worn.text, 12)
        tone = worn.warn if tile.is_missing else worn.muted
        subtitle = "File missing" if tile.is_missing else tile.subtitle
        self._draw_text(painter, text.translated(0, 16), subtitle, tone, 11)
        painter.restore()

    @staticmethod
    def _draw_text(painter: QPainter, rect: QRect, text: str, color: str, px: int) -> None:
        font = painter.font()
        font.setPixelSize(px)
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, shown)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """Fills the editor once: what is being typed outlasts pictures that arrive."""
        if not editor.property("is_filled"):
            editor.setProperty("is_filled", True)
            super().setEditorData(editor, index)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        del index
        rect: QRect = option.rect
        top = rect.top() + _MARGIN_PX + PICTURE_PX.height()
        editor.setGeometry(rect.left() + 3, top, rect.width() - 6, 28)


def _picture(tile: Tile, size: QSize, ratio: float) -> QPixmap:
    """The picture of a tile: filled, round corners, its colour below, its badge on it."""
    worn = colors()
    drawn = QPixmap(size * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    area = QRectF(0, 0, size.width(), size.height())
    corners = QPainterPath()
    corners.addRoundedRect(area, 5, 5)
    painter.setClipPath(corners)
    painter.fillRect(area, QColor(worn.field))
    if tile.image is None:
        side = 26
        at = QPoint((size.width() - side) // 2, (size.height() - side) // 2)
        painter.drawPixmap(at, pixmap(tile.icon, tile.tint, side, ratio))
    else:
        painter.drawImage(area, tile.image, _cover(tile.image, area))
    painter.fillRect(QRectF(0, area.bottom() - 2, area.width(), 2), QColor(tile.tint))
    if tile.is_missing:
        painter.drawPixmap(QPoint(5, 5), pixmap("warning", worn.warn, 16, ratio))
    if tile.badge:
        _draw_badge(painter, area, tile.badge)
    painter.end()
    return drawn


def _draw_badge(painter: QPainter, area: QRectF, text: str) -> None:
    font = painter.font()
    font.setPixelSize(10)
    painter.setFont(font)
    width = painter.fontMetrics().horizontalAdvance(text) + 10
    box = QRectF(area.right() - width - 4, 4, width, 15)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 170))
    painter.drawRoundedRect(box, 7, 7)
    painter.setPen(QColor("#ffffff"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def _cover(image: QImage, area: QRectF) -> QRectF:
    """The part of an image that fills an area: the middle, but a portrait's upper half."""
    scale = min(image.width() / area.width(), image.height() / area.height())
    width, height = area.width() * scale, area.height() * scale
    left = (image.width() - width) / 2.0
    top = (image.height() - height) * (0.25 if image.height() > image.width() else 0.5)
    return QRectF(left, top, width, height)


def _tooltip(tile: Tile) -> str:
    lines = [tile.title, tile.subtitle]
    lines.append("Its file was not found." if tile.is_missing else "Double-click to use it.")
    lines.append("Drag it onto a track to use it for that factor only.")
    return "\n".join(line for line in lines if line)
