-- The sample company's SQLite: what the tills of its two stores collect.
pragma user_version = 7;

create table store (
  id integer primary key,
  name text not null unique,
  city text not null
) strict;

create table till (
  store_id integer not null references store (id),
  number integer not null,
  opened_at text,
  primary key (store_id, number)
) without rowid;

create table receipt (
  id integer primary key autoincrement,
  store_id integer not null,
  till_number integer not null,
  issued_at text not null default current_timestamp,
  total_cents integer not null check (total_cents >= 0),
  total numeric generated always as (total_cents / 100.0) virtual,
  foreign key (store_id, till_number) references till (store_id, number)
);
create index receipt_day on receipt (date(issued_at));

create table receipt_line (
  receipt_id integer not null references receipt (id) on delete cascade,
  sku text not null,
  quantity integer not null default 1,
  price_cents integer not null,
  primary key (receipt_id, sku)
);

create view daily_takings as
select store_id, date(issued_at) as day, sum(total_cents) / 100.0 as takings, count(*) as receipts
from receipt group by store_id, date(issued_at);

create view store_ranking as
select s.name, sum(d.takings) as takings from daily_takings d join store s on s.id = d.store_id group by s.name;

create trigger receipt_is_final before update on receipt
begin
  select raise(abort, 'receipts are never changed');
end;
