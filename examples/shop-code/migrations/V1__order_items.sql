-- As the web shop made them; the other tables of schema sales came before this repository.
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
