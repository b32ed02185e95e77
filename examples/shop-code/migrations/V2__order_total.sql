create view sales.order_total as
select
  o.id as order_id,
  o.ordered_at,
  o.customer_id,
  o.status,
  sum(i.amount) as total,
  count(*) as lines
from sales.orders o
join sales.order_item i on i.order_id = o.id and i.ordered_at = o.ordered_at
group by o.id, o.ordered_at, o.customer_id, o.status;
comment on view sales.order_total is 'What each order comes to.';
