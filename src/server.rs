//! Listener, connection limit, one task per connection, graceful drain.
