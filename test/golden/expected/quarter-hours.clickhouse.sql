SELECT
      fromUnixTimestamp64Second(toUnixTimestamp64Second(toDateTime64(`marketing`.recorded_at, 0, 'UTC')) + timeZoneOffset(toTimeZone(`marketing`.recorded_at, 'Europe/Berlin')) - positiveModulo(toUnixTimestamp64Second(toDateTime64(`marketing`.recorded_at, 0, 'UTC')) + timeZoneOffset(toTimeZone(`marketing`.recorded_at, 'Europe/Berlin')), 900), 'UTC') `marketing__recorded_at_fifteen_minutes`, sum(toInt128(`marketing`.data_payload.`clicks`)) `marketing__clicks`
    FROM
      unified_marketing_data AS `marketing`  WHERE (`marketing`.organization_id = toUUID(?)) AND (`marketing`.data_source = ?) GROUP BY `marketing__recorded_at_fifteen_minutes` ORDER BY `marketing__recorded_at_fifteen_minutes` ASC NULLS LAST, `marketing__clicks` DESC NULLS LAST LIMIT 1001
-- ["11111111-1111-4111-8111-111111111111","half_hour"]
