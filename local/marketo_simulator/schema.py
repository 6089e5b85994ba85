"""The tables of the store. Lead columns are the REST names of `fields.py`; times are UTC timestamps without a zone."""

from local.marketo_simulator.lead_fields import STANDARD_FIELDS, LeadFieldSpec, sql_type
from local.marketo_simulator.store import Store

# `changed_at` of a lead is the time of the last change of any field, which bulk extract's `updatedAt` filter means;
# the visible `updatedAt` is a column of its own. `static_list_members` and `activities` name leads by id.
TABLES = """
create table if not exists lead_fields (
    name varchar, display_name varchar, data_type varchar, length integer, updateable boolean, searchable boolean,
    crm_managed boolean, custom boolean, rest boolean, number integer);
create table if not exists partitions (id integer, name varchar, description varchar);
create table if not exists programs (id integer, name varchar, channel varchar, folder integer, created_at timestamp);
create table if not exists folders (id integer, name varchar, parent integer, path varchar, created_at timestamp);
create table if not exists static_lists (
    id integer, name varchar, description varchar, program varchar, workspace varchar, folder integer,
    created_at timestamp, updated_at timestamp);
create table if not exists static_list_members (list integer, lead bigint, added_at timestamp);
create table if not exists smart_lists (
    id integer, name varchar, description varchar, workspace varchar, folder integer, program integer, campaign integer,
    rules varchar, created_at timestamp, updated_at timestamp);
create table if not exists activities (
    guid bigint, lead bigint, happened_at timestamp, type integer, campaign integer, asset bigint, asset_name varchar,
    attributes varchar);
create table if not exists program_members (
    program integer, lead bigint, status varchar, reached boolean, exhausted boolean, cadence varchar,
    joined_at timestamp, updated_at timestamp);
create table if not exists campaigns (
    id integer, name varchar, program varchar, kind varchar, active boolean, created_at timestamp);
create table if not exists deleted_leads (lead bigint, deleted_at timestamp, first_name varchar, last_name varchar);
create table if not exists merged_leads (loser bigint, winner bigint, merged_at timestamp);
create table if not exists true_duplicates (lead bigint, person bigint, kind varchar);
create table if not exists seed_steps (step varchar, plan varchar);
create sequence if not exists lead_ids start 1;
create sequence if not exists activity_guids start 1;
create sequence if not exists asset_ids start 2001;
"""


def create_tables(store: Store) -> None:
    """Harmless where they are there."""
    with store.writing() as cursor:
        cursor.execute(TABLES)
        columns = ", ".join(f'"{field.name}" {sql_type(field.data_type)}' for field in STANDARD_FIELDS)
        cursor.execute(f"create table if not exists leads ({columns}, changed_at timestamp)")
        if not cursor.execute("select count(*) from lead_fields").fetchall()[0][0]:
            cursor.executemany(
                "insert into lead_fields values (?,?,?,?,?,?,?,?,?,?)", [_row(f) for f in STANDARD_FIELDS]
            )


def _row(field: LeadFieldSpec) -> tuple[object, ...]:
    return (
        field.name,
        field.display_name,
        field.data_type,
        field.length,
        field.updateable,
        field.searchable,
        field.crm_managed,
        field.custom,
        field.rest,
        field.number,
    )
