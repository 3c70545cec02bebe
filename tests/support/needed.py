"""Which columns of a resolved statement its result depends on: what a column store reads.

The analyzer prunes a scan's columns to those that the query around it names; what an outer query then leaves out is pruned here. Each
column points to the columns that it is made of; conditions, groupings and sort keys point from the result itself.
"""


def columns(tree):
    """Returns the ids of all columns that the result of a statement depends on."""
    graph = _Graph(tree)
    graph.visit(tree, None)
    needed, stack = set(), list(graph.roots)
    while stack:
        column = stack.pop()
        if column not in needed:
            needed.add(column)
            stack.extend(graph.edges.get(column, ()))
    return needed


class _Graph:
    def __init__(self, tree):
        self.roots = set()
        self.edges = {}
        nodes = list(tree.walk())
        self.entries = {node.with_query_name: node.with_subquery for node in nodes if node.kind == "ResolvedWithEntryProto"}
        self.referenced = {node.with_query_name for node in nodes if node.kind == "ResolvedWithRefScanProto"}

    def add(self, owner, column):
        """Notes that `owner` (None: the result) depends on a column."""
        if owner is None:
            self.roots.add(column)
        else:
            self.edges.setdefault(owner, set()).add(column)

    def visit(self, node, owner):
        """Walks down; what is met belongs to `owner`."""
        kind = node.kind
        if kind == "ResolvedColumnRefProto":
            self.add(owner, node.column.column_id)
        elif "ComputedColumn" in kind and node.column is not None:
            self.children(node, node.column.column_id)
        elif kind == "ResolvedAggregateScanProto":
            base = node.parent
            for group in base.group_by_list or ():
                self.children(group, owner)
                self.add(group.column.column_id, group.column.column_id)
                self.children(group, group.column.column_id)
            for name, value in base.fields.items():
                if name != "group_by_list":
                    self.each(value, owner)
            for name, value in node.fields.items():
                if name != "parent":
                    self.each(value, owner)
        elif kind == "ResolvedSetOperationScanProto":
            for item in node.input_item_list or ():
                for outer, inner in zip(node.part("column_list") or (), item.output_column_list or ()):
                    self.add(outer.column_id, inner.column_id)
                    if node.op_type:  # all but UNION ALL compare whole rows
                        self.add(owner, inner.column_id)
            self.children(node, owner)
        elif kind == "ResolvedRecursiveScanProto":
            for item in (node.non_recursive_term, node.recursive_term):
                for inner in item.output_column_list or ():
                    self.add(owner, inner.column_id)
            self.children(node, owner)
        elif kind == "ResolvedWithEntryProto":
            if node.with_query_name in self.referenced:
                self.children(node, owner)
        elif kind == "ResolvedWithRefScanProto":
            entry = next(self.entries[node.with_query_name].children(), None)
            while entry.kind.startswith("Any"):
                entry = next(entry.children())
            for outer, inner in zip(node.part("column_list") or (), entry.part("column_list") or ()):
                self.add(outer.column_id, inner.column_id)
        elif kind == "ResolvedSubqueryExprProto":
            scan = node.subquery
            while scan.kind.startswith("Any"):
                scan = next(scan.children())
            for column in scan.part("column_list") or ():
                self.add(owner, column.column_id)
            for name, value in node.fields.items():
                if name != "parameter_list":
                    self.each(value, owner)
        elif kind == "ResolvedOutputColumnProto":
            self.add(owner, node.column.column_id)
        else:
            self.children(node, owner)

    def children(self, node, owner):
        for value in node.fields.values():
            self.each(value, owner)

    def each(self, value, owner):
        for item in value if isinstance(value, list) else (value,):
            if hasattr(item, "kind"):
                self.visit(item, owner)
