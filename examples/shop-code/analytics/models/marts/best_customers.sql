{{ config(materialized='view') }}

with worth as (
  select
    customer_id,
    full_name,
    revenue
  from {{ source('sales', 'customer_value') }}
  where revenue > 500
)

select
  worth.customer_id,
  worth.full_name,
  stg_addresses.city,
  worth.revenue
from worth
left join {{ ref('stg_addresses') }} as stg_addresses
  on stg_addresses.customer_id = worth.customer_id
order by worth.revenue desc
