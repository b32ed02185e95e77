-- The sample company's PostgreSQL: a small web shop, as one finds it after some years.
create schema sales;
create schema stock;
create schema reporting;
comment on schema sales is 'Customers, orders and what they paid.';
comment on schema stock is 'What lies where, and who delivers it.';
comment on schema reporting is 'Views for the weekly meeting.';

create type sales.order_status as enum ('cart', 'placed', 'paid', 'shipped', 'delivered', 'returned');
create domain sales.email as text check (value ~ '^[^@\s]+@[^@\s]+$');

create table sales.customer (
  id bigint generated always as identity primary key,
  email sales.email not null unique,
  full_name text not null,
  birth_date date,
  marketing_consent boolean not null default false,
  created_at timestamptz not null default now()
);
comment on table sales.customer is 'Everyone who has ever made an account. Personal data: see the retention policy.';
comment on column sales.customer.email is 'Sign-in name; lower case.';
comment on column sales.customer.marketing_consent is 'May we write to them?';

create table sales.address (
  id bigint generated always as identity primary key,
  customer_id bigint not null references sales.customer on delete cascade,
  street text not null,
  city text not null,
  postal_code varchar(12) not null,
  country char(2) not null default 'DE'
);
create index address_customer on sales.address (customer_id);

create table sales.category (
  id int primary key,
  parent_id int references sales.category,
  name text not null unique
);
comment on table sales.category is 'The shop''s tree of categories.';

create table sales.product (
  sku text primary key,
  category_id int not null references sales.category,
  title text not null,
  description text,
  price numeric(10, 2) not null check (price >= 0),
  attributes jsonb not null default '{}',
  tags text[] not null default '{}',
  discontinued_at timestamptz,
  search tsvector generated always as (to_tsvector('english', title || ' ' || coalesce(description, ''))) stored
);
comment on table sales.product is 'What we sell, one row a stock keeping unit.';
comment on column sales.product.price is 'Gross price in euros.';
create index product_search on sales.product using gin (search);
create index product_current on sales.product (category_id) where discontinued_at is null;

create table sales.orders (
  id bigint generated always as identity,
  customer_id bigint not null references sales.customer,
  shipping_address_id bigint references sales.address,
  status sales.order_status not null default 'cart',
  ordered_at timestamptz not null default now(),
  note text,
  primary key (id, ordered_at)
) partition by range (ordered_at);
comment on table sales.orders is 'Orders since 2025, a partition for each half-year.';
comment on column sales.orders.status is 'Where the order stands; only ever moves forward.';
comment on column sales.orders.ordered_at is 'When it was placed; the partition key.';
create table sales.orders_2025_h2 partition of sales.orders for values from ('2025-07-01') to ('2026-01-01');
create table sales.orders_2026_h1 partition of sales.orders for values from ('2026-01-01') to ('2026-07-01');
create table sales.orders_2026_h2 partition of sales.orders for values from ('2026-07-01') to ('2027-01-01');
create table sales.orders_other partition of sales.orders default;
create index orders_customer on sales.orders (customer_id, ordered_at desc);

create table sales.order_item (
  order_id bigint not null,
  ordered_at timestamptz not null,
  line smallint not null,
  sku text not null references sales.product,
  quantity int not null check (quantity > 0),
  unit_price numeric(10, 2) not null,
  amount numeric(12, 2) generated always as (quantity * unit_price) stored,
  primary key (order_id, ordered_at, line),
  foreign key (order_id, ordered_at) references sales.orders (id, ordered_at)
);
comment on column sales.order_item.unit_price is 'The price on the day of the order.';

create table sales.payment (
  id uuid primary key default gen_random_uuid(),
  order_id bigint not null,
  ordered_at timestamptz not null,
  method text not null check (method in ('card', 'transfer', 'voucher')),
  amount numeric(12, 2) not null,
  paid_at timestamptz not null default now(),
  foreign key (order_id, ordered_at) references sales.orders (id, ordered_at)
);

create table sales.refund (
  id uuid primary key default gen_random_uuid(),
  payment_id uuid not null references sales.payment,
  amount numeric(12, 2) not null,
  reason text
);

create table sales.review (
  customer_id bigint references sales.customer,
  sku text references sales.product,
  stars smallint not null check (stars between 1 and 5),
  words text,
  primary key (customer_id, sku)
);

create table stock.supplier (
  id int primary key,
  name text not null,
  lead_time interval not null default '7 days'
);

create table stock.warehouse (
  code char(3) primary key,
  city text not null,
  location point
);
comment on table stock.warehouse is 'Our two warehouses, and the returns centre.';

create table stock.level (
  warehouse_code char(3) references stock.warehouse,
  sku text references sales.product,
  quantity int not null default 0,
  reserved int not null default 0,
  primary key (warehouse_code, sku),
  check (reserved <= quantity)
);

create table stock.purchase (
  id bigint generated by default as identity primary key,
  supplier_id int not null references stock.supplier,
  sku text not null references sales.product,
  quantity int not null,
  expected_on date,
  booking tstzrange,
  exclude using gist (booking with &&) where (booking is not null)
);

create table stock.shipment (
  id bigint generated always as identity primary key,
  order_id bigint not null,
  ordered_at timestamptz not null,
  warehouse_code char(3) not null references stock.warehouse,
  carrier text,
  tracking_code text unique,
  shipped_at timestamptz,
  foreign key (order_id, ordered_at) references sales.orders (id, ordered_at)
);

create view sales.order_total as
select o.id as order_id, o.ordered_at, o.customer_id, o.status, sum(i.amount) as total, count(*) as lines
from sales.orders o
join sales.order_item i on i.order_id = o.id and i.ordered_at = o.ordered_at
group by o.id, o.ordered_at, o.customer_id, o.status;
comment on view sales.order_total is 'What each order comes to.';

create view sales.customer_value as
select c.id as customer_id, c.full_name, count(t.order_id) as orders, coalesce(sum(t.total), 0) as revenue,
       max(t.ordered_at) as last_ordered_at
from sales.customer c
left join sales.order_total t on t.customer_id = c.id and t.status in ('paid', 'shipped', 'delivered')
group by c.id, c.full_name;
comment on view sales.customer_value is 'What each customer has been worth to us so far.';

create materialized view reporting.monthly_revenue as
select date_trunc('month', t.ordered_at) as month, cat.name as category, sum(i.amount) as revenue
from sales.order_total t
join sales.order_item i on i.order_id = t.order_id and i.ordered_at = t.ordered_at
join sales.product p on p.sku = i.sku
join sales.category cat on cat.id = p.category_id
where t.status in ('paid', 'shipped', 'delivered')
group by 1, 2;
comment on materialized view reporting.monthly_revenue is 'Revenue by month and category; refreshed every night.';
create unique index monthly_revenue_key on reporting.monthly_revenue (month, category);

create view reporting.best_customers as
select v.customer_id, v.full_name, a.city, v.revenue
from sales.customer_value v
left join sales.address a on a.customer_id = v.customer_id
where v.revenue > 500
order by v.revenue desc;
comment on view reporting.best_customers is 'Who gets a card at New Year.';

create view reporting.reorder as
select l.sku, p.title, sum(l.quantity - l.reserved) as available, min(s.lead_time) as lead_time
from stock.level l
join sales.product p using (sku)
left join stock.purchase b using (sku)
left join stock.supplier s on s.id = b.supplier_id
group by l.sku, p.title
having sum(l.quantity - l.reserved) < 10;
comment on view reporting.reorder is 'What runs out soon, and how long the supplier takes.';

create sequence sales.invoice_number start 10000;
comment on sequence sales.invoice_number is 'Invoices are numbered without gaps in a year.';

create function sales.order_amount(wanted bigint) returns numeric language sql stable
return (select sum(i.amount) from sales.order_item i where i.order_id = wanted);
comment on function sales.order_amount(bigint) is 'What one order comes to, before refunds.';

create function sales.orders_between(since date, until date default current_date) returns setof sales.orders
language sql stable as $$
  select * from sales.orders where ordered_at >= since and ordered_at < until
$$;
comment on function sales.orders_between(date, date) is 'Orders of a time, the last day left out.';

create function stock.keep_reserved() returns trigger language plpgsql as $$
begin
  if new.reserved > new.quantity then
    raise exception 'only % of % left in %', new.quantity - old.reserved, new.sku, new.warehouse_code;
  end if;
  return new;
end $$;
create trigger reserved_is_there before update on stock.level for each row execute function stock.keep_reserved();
comment on trigger reserved_is_there on stock.level is 'Nobody reserves what is not there.';

create procedure reporting.refresh() language plpgsql as $$
begin
  refresh materialized view reporting.monthly_revenue;
end $$;
comment on procedure reporting.refresh() is 'Run every night by the scheduler.';

alter table sales.customer enable row level security;
create policy own_account on sales.customer using (email = current_setting('shop.user', true));
comment on policy own_account on sales.customer is 'The web site sees the account of whoever is signed in, and no other.';
grant usage on schema sales to public;
grant select on sales.product, sales.category to public;
