-- Refreshed every night by reporting.refresh().
create materialized view reporting.monthly_revenue as
select
  date_trunc('month', t.ordered_at) as month,
  cat.name as category,
  sum(i.amount) as revenue
from sales.order_total t
join sales.order_item i on i.order_id = t.order_id and i.ordered_at = t.ordered_at
join sales.product p on p.sku = i.sku
join sales.category cat on cat.id = p.category_id
where t.status in ('paid', 'shipped', 'delivered')
group by 1, 2;
