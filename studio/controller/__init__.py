"""The state of the window, without a widget: panels bind to these objects and call them."""
