SELECT
      to_char(date_bin('15 minutes', ("marketing".recorded_at AT TIME ZONE 'Europe/Berlin'), TIMESTAMP '2000-01-01'), 'YYYY-MM-DD HH24:MI:SS') COLLATE "C" "marketing__recorded_at_fifteen_minutes", sum(CASE WHEN ("marketing".data_payload ->> 'clicks') ~ '^-{0,1}[0-9]{1,20}([.][0-9]{1,9}){0,1}$' THEN ("marketing".data_payload ->> 'clicks')::numeric END) "marketing__clicks"
    FROM
      unified_marketing_data AS "marketing"  WHERE ("marketing".organization_id = $1::uuid) AND ("marketing".data_source = $2::text) GROUP BY 1 ORDER BY 1 ASC NULLS LAST, 2 DESC NULLS LAST LIMIT 1001
-- ["11111111-1111-4111-8111-111111111111","half_hour"]
