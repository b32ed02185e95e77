select
  customer_id,
  city
from {{ source('sales', 'address') }}
