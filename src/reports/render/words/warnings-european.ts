import type { Warnings } from './warnings.js';

/** “…” stands for what other languages leave out. */
export const english: Warnings = {
  rows_limited: 'These numbers are of the rows that you may see, which are not all of the organisation’s.',
  no_totals:
    'There are no totals: a filter on a metric drops groups, and totals over all rows would not be totals of the groups shown.…',
  no_subtotals:
    'There are no subtotals: a filter on a metric drops groups, and subtotals over all rows would not be subtotals of the groups shown.…',
  may_rise: '{labels} may still rise: who began in the last {days} days of the range may still convert.',
  running_left_out:
    'Complete periods are compared, so the … that still runs is left out: all numbers are of rows before {time}.…',
  not_over_time:
    '“{metric}” can’t be added up over time: it is a state, not a flow. It has no value … wherever several rows would be added up.',
  not_over_rows:
    '“{metric}” can’t be added up over days, campaigns or sources: whoever was counted in several rows would be counted again. It has no value … wherever several rows would be added up.',
  deactivated: '“{metric}” was deactivated on {day}. The report is without it.',
  deactivated_order:
    '“{metric}” was deactivated on {day}. The report is without it. Rows are in the order of “{other}” in its place.',
  deactivated_refused: '“{name}” ({label}) was deactivated on {day}.…',
  left_out: 'There is no metric “{metric}”.… The report is without it.…',
  set_aside_left_out: '“{metric}” is set aside until its definition is repaired… The report is without it.…',
  no_metric: 'There is no metric “{name}”.…',
  no_dimension: 'There is no dimension “{name}”.…',
  no_member: 'There is no metric or dimension “{name}”.…',
  set_aside: '“{name}” is set aside until its definition is repaired…',
  view_gone: 'The report view … that this widget shows was deleted, or you may not see it.…',
  widget_unread: 'This widget could not be read; the server’s log has the reason.',
  named_metric_gone:
    'The subject or the message names the metric “{metric}”, which the report does not have any more; “–” stands in its place.',
  fx_missing: 'There is no exchange rate into {currency} for {parts}. Numbers that need it are left empty.',
  fx_refused: 'There is no exchange rate into {currency} for {parts}. Import the rates…',
  fx_customers_days:
    'what customers whose journey began on {days} days from {first} to {last} have cost or brought ({count} …)',
  fx_customers_day: 'what customers whose journey began on {day} have cost or brought ({count} …)',
  fx_days: '{code} on {days} days from {first} to {last} ({count} …)',
  fx_day: '{code} on {day} ({count} …)',
  mixed_currencies: 'Amounts of several currencies would be put together as they are.…',
  time_filtered: 'The filter on “recorded_at” also leaves out earlier rows that comparisons and windows would read.…',
  masked: '“{name}” is masked for you: its column is empty.',
  masked_ungrouped: '“{name}” is masked for you: its column is empty, and rows are not grouped by it.',
  attribution_stale: 'Customers have rows that are newer than the published attribution; it does not know of them.…',
  never_attributed: 'Attribution was never calculated for this organisation, so there is nothing to show.…',
  counted_by_id:
    'Beside “customer_id” as a dimension or a filter, customers are counted by id: people whose ids were merged may be counted once for each.…',
  several_instants:
    '“{metric}” can’t be added up over time: it is a state, not a flow. Some groups of this request hold several instants.…',
  several_rows:
    '“{metric}” can’t be added up over days, campaigns or sources: whoever was counted in several rows would be counted again. Some groups of this request hold several rows.…',
  policy_broken: 'The conditions on the rows that you may see no longer fit the model, so that you see none.…',
  took_too_long: 'The query took longer than {seconds} s and was stopped.…',
  too_much_memory: 'The query needs more memory than the engine may use.…',
  engine_away: 'The analytics engine can not be reached right now.…',
};

export const german: Warnings = {
  rows_limited: 'Diese Zahlen umfassen die Zeilen, die Sie sehen dürfen; die Organisation hat mehr.',
  no_totals:
    'Es gibt keine Summen: Ein Filter auf einer Kennzahl lässt Gruppen weg; Summen über alle Zeilen wären nicht die der gezeigten Gruppen.',
  no_subtotals:
    'Es gibt keine Zwischensummen: Ein Filter auf einer Kennzahl lässt Gruppen weg; Zwischensummen über alle Zeilen wären nicht die der gezeigten Gruppen.',
  may_rise:
    '{labels}: kann noch steigen, denn wer in den letzten {days} Tagen des Zeitraums begann, kann noch konvertieren.',
  running_left_out:
    'Verglichen werden ganze Zeiträume; der laufende fehlt daher: Alle Zahlen sind aus Zeilen vor {time}.',
  not_over_time:
    '„{metric}“ lässt sich nicht über die Zeit addieren und hat keinen Wert, wo mehrere Zeilen zusammenkämen.',
  not_over_rows:
    '„{metric}“ lässt sich nicht über Tage, Kampagnen oder Quellen addieren, da Personen doppelt gezählt würden, und hat keinen Wert, wo mehrere Zeilen zusammenkämen.',
  deactivated: '„{metric}“ wurde am {day} deaktiviert. Der Bericht enthält es nicht.',
  deactivated_order:
    '„{metric}“ wurde am {day} deaktiviert. Der Bericht enthält es nicht; die Zeilen sind stattdessen nach „{other}“ geordnet.',
  deactivated_refused: '„{label}“ ({name}) wurde am {day} deaktiviert.',
  left_out: 'Die Kennzahl „{metric}“ gibt es nicht. Der Bericht enthält sie nicht.',
  set_aside_left_out: '„{metric}“ ist zurückgestellt, bis die Definition berichtigt ist. Der Bericht enthält es nicht.',
  no_metric: 'Die Kennzahl „{name}“ gibt es nicht.',
  no_dimension: 'Die Dimension „{name}“ gibt es nicht.',
  no_member: 'Eine Kennzahl oder Dimension „{name}“ gibt es nicht.',
  set_aside: '„{name}“ ist zurückgestellt, bis die Definition berichtigt ist.',
  view_gone: 'Die Ansicht, die hier gezeigt wird, wurde gelöscht, oder Sie dürfen sie nicht sehen.',
  widget_unread: 'Dieser Teil konnte nicht gelesen werden; der Grund steht im Protokoll des Servers.',
  named_metric_gone:
    'Betreff oder Nachricht nennen die Kennzahl „{metric}“, die der Bericht nicht mehr enthält; an ihrer Stelle steht „–“.',
  fx_missing: 'Es fehlt ein Wechselkurs in {currency} für {parts}. Zahlen, die ihn brauchen, bleiben leer.',
  fx_refused: 'Es fehlt ein Wechselkurs in {currency} für {parts}.',
  fx_customers_days:
    'Kosten und Erlöse von Kunden, deren Weg an {days} Tagen vom {first} bis zum {last} begann (Zahlen: {count})',
  fx_customers_day: 'Kosten und Erlöse von Kunden, deren Weg am {day} begann (Zahlen: {count})',
  fx_days: '{code} an {days} Tagen vom {first} bis zum {last} (Zeilen: {count})',
  fx_day: '{code} am {day} (Zeilen: {count})',
  mixed_currencies: 'Beträge mehrerer Währungen würden zusammengezählt, wie sie sind.',
  time_filtered:
    'Der Filter auf „recorded_at“ lässt auch frühere Zeilen weg, die Vergleiche und gleitende Werte lesen würden.',
  masked: '„{name}“ ist für Sie verdeckt: Die Spalte ist leer.',
  masked_ungrouped: '„{name}“ ist für Sie verdeckt: Die Spalte ist leer, und die Zeilen sind nicht danach gruppiert.',
  attribution_stale:
    'Es gibt Zeilen von Kunden, die neuer sind als die veröffentlichte Attribution; sie kennt diese nicht.',
  never_attributed: 'Für diese Organisation wurde noch keine Attribution berechnet; es gibt nichts zu zeigen.',
  counted_by_id:
    'Neben „customer_id“ als Dimension oder Filter werden Kunden nach Kennung gezählt: Personen mit zusammengeführten Kennungen zählen womöglich mehrfach.',
  several_instants:
    '„{metric}“ lässt sich nicht über die Zeit addieren: Es ist ein Stand. Einige Gruppen dieser Abfrage enthalten mehrere Zeitpunkte.',
  several_rows:
    '„{metric}“ lässt sich nicht über Tage, Kampagnen oder Quellen addieren, da Personen doppelt gezählt würden. Einige Gruppen dieser Abfrage enthalten mehrere Zeilen.',
  policy_broken:
    'Die Bedingungen für die Zeilen, die Sie sehen dürfen, passen nicht mehr zum Modell; daher sehen Sie keine.',
  took_too_long: 'Die Abfrage dauerte länger als {seconds} s und wurde abgebrochen.',
  too_much_memory: 'Die Abfrage braucht mehr Speicher, als erlaubt ist.',
  engine_away: 'Die Datenbank der Zahlen ist gerade nicht zu erreichen.',
};

export const french: Warnings = {
  rows_limited: 'Ces chiffres portent sur les lignes que vous pouvez voir ; l’organisation en a d’autres.',
  no_totals:
    'Il n’y a pas de totaux : un filtre sur un indicateur écarte des groupes, et les totaux de toutes les lignes ne seraient pas ceux des groupes affichés.',
  no_subtotals:
    'Il n’y a pas de sous-totaux : un filtre sur un indicateur écarte des groupes, et les sous-totaux de toutes les lignes ne seraient pas ceux des groupes affichés.',
  may_rise:
    '{labels} : peut encore augmenter, car qui a commencé dans les {days} derniers jours de la période peut encore convertir.',
  running_left_out:
    'Des périodes complètes sont comparées ; celle en cours est donc écartée : tous les chiffres portent sur les lignes d’avant {time}.',
  not_over_time:
    '« {metric} » ne s’additionne pas dans le temps et n’a pas de valeur là où plusieurs lignes se cumuleraient.',
  not_over_rows:
    '« {metric} » ne s’additionne pas entre jours, campagnes ou sources, car des personnes seraient comptées deux fois, et n’a pas de valeur là où plusieurs lignes se cumuleraient.',
  deactivated: '« {metric} » a été désactivé le {day}. Le rapport ne le contient pas.',
  deactivated_order:
    '« {metric} » a été désactivé le {day}. Le rapport ne le contient pas ; les lignes suivent l’ordre de « {other} » à la place.',
  deactivated_refused: '« {label} » ({name}) a été désactivé le {day}.',
  left_out: 'L’indicateur « {metric} » n’existe pas. Le rapport ne le contient pas.',
  set_aside_left_out:
    '« {metric} » est mis de côté tant que sa définition n’est pas corrigée. Le rapport ne le contient pas.',
  no_metric: 'L’indicateur « {name} » n’existe pas.',
  no_dimension: 'La dimension « {name} » n’existe pas.',
  no_member: 'Il n’existe ni indicateur ni dimension « {name} ».',
  set_aside: '« {name} » est mis de côté tant que sa définition n’est pas corrigée.',
  view_gone: 'La vue que cet élément affiche a été supprimée, ou vous ne pouvez pas la voir.',
  widget_unread: 'Cet élément n’a pas pu être lu ; le journal du serveur en donne la raison.',
  named_metric_gone:
    'L’objet ou le message cite l’indicateur « {metric} », que le rapport ne contient plus ; « – » en tient lieu.',
  fx_missing: 'Il manque un taux de change vers {currency} pour {parts}. Les chiffres qui en dépendent restent vides.',
  fx_refused: 'Il manque un taux de change vers {currency} pour {parts}.',
  fx_customers_days:
    'ce qu’ont coûté ou rapporté les clients dont le parcours a commencé sur {days} jours du {first} au {last} (nombres : {count})',
  fx_customers_day: 'ce qu’ont coûté ou rapporté les clients dont le parcours a commencé le {day} (nombres : {count})',
  fx_days: '{code} sur {days} jours du {first} au {last} (lignes : {count})',
  fx_day: '{code} le {day} (lignes : {count})',
  mixed_currencies: 'Des montants en plusieurs devises seraient additionnés tels quels.',
  time_filtered:
    'Le filtre sur « recorded_at » écarte aussi les lignes antérieures que liraient les comparaisons et les fenêtres.',
  masked: '« {name} » vous est masqué : sa colonne est vide.',
  masked_ungrouped: '« {name} » vous est masqué : sa colonne est vide, et les lignes ne sont pas groupées par lui.',
  attribution_stale: 'Des clients ont des lignes plus récentes que l’attribution publiée ; elle ne les connaît pas.',
  never_attributed: 'L’attribution n’a jamais été calculée pour cette organisation ; il n’y a rien à montrer.',
  counted_by_id:
    'Avec « customer_id » comme dimension ou filtre, les clients sont comptés par identifiant : des personnes dont les identifiants ont été fusionnés peuvent être comptées plusieurs fois.',
  several_instants:
    '« {metric} » ne s’additionne pas dans le temps : c’est un état. Certains groupes de cette demande contiennent plusieurs instants.',
  several_rows:
    '« {metric} » ne s’additionne pas entre jours, campagnes ou sources, car des personnes seraient comptées deux fois. Certains groupes de cette demande contiennent plusieurs lignes.',
  policy_broken:
    'Les conditions sur les lignes que vous pouvez voir ne correspondent plus au modèle ; vous n’en voyez donc aucune.',
  took_too_long: 'La requête a duré plus de {seconds} s et a été arrêtée.',
  too_much_memory: 'La requête demande plus de mémoire que le moteur ne peut en utiliser.',
  engine_away: 'Le moteur d’analyse est injoignable pour le moment.',
};

export const spanish: Warnings = {
  rows_limited: 'Estas cifras son de las filas que usted puede ver; la organización tiene más.',
  no_totals:
    'No hay totales: un filtro sobre una métrica descarta grupos, y los totales de todas las filas no serían los de los grupos mostrados.',
  no_subtotals:
    'No hay subtotales: un filtro sobre una métrica descarta grupos, y los subtotales de todas las filas no serían los de los grupos mostrados.',
  may_rise: '{labels}: aún puede subir, pues quien empezó en los últimos {days} días del período aún puede convertir.',
  running_left_out:
    'Se comparan períodos completos, así que falta el que está en curso: todas las cifras son de filas anteriores a {time}.',
  not_over_time: '«{metric}» no se puede sumar en el tiempo y no tiene valor donde se sumarían varias filas.',
  not_over_rows:
    '«{metric}» no se puede sumar entre días, campañas o fuentes, pues se contaría dos veces a las mismas personas, y no tiene valor donde se sumarían varias filas.',
  deactivated: '«{metric}» se desactivó el {day}. El informe no la incluye.',
  deactivated_order:
    '«{metric}» se desactivó el {day}. El informe no la incluye; las filas siguen en su lugar el orden de «{other}».',
  deactivated_refused: '«{label}» ({name}) se desactivó el {day}.',
  left_out: 'No existe la métrica «{metric}». El informe no la incluye.',
  set_aside_left_out: '«{metric}» queda apartada hasta que se corrija su definición. El informe no la incluye.',
  no_metric: 'No existe la métrica «{name}».',
  no_dimension: 'No existe la dimensión «{name}».',
  no_member: 'No existe ninguna métrica ni dimensión «{name}».',
  set_aside: '«{name}» queda apartada hasta que se corrija su definición.',
  view_gone: 'La vista que muestra este elemento se eliminó, o usted no puede verla.',
  widget_unread: 'Este elemento no se pudo leer; el registro del servidor indica el motivo.',
  named_metric_gone:
    'El asunto o el mensaje nombra la métrica «{metric}», que el informe ya no tiene; en su lugar aparece «–».',
  fx_missing: 'Falta un tipo de cambio a {currency} para {parts}. Las cifras que lo necesitan quedan vacías.',
  fx_refused: 'Falta un tipo de cambio a {currency} para {parts}.',
  fx_customers_days:
    'lo que costaron o aportaron los clientes cuyo recorrido empezó en {days} días del {first} al {last} (números: {count})',
  fx_customers_day: 'lo que costaron o aportaron los clientes cuyo recorrido empezó el {day} (números: {count})',
  fx_days: '{code} en {days} días del {first} al {last} (filas: {count})',
  fx_day: '{code} el {day} (filas: {count})',
  mixed_currencies: 'Se sumarían tal cual importes de varias monedas.',
  time_filtered:
    'El filtro sobre «recorded_at» también descarta filas anteriores que leerían las comparaciones y las ventanas.',
  masked: '«{name}» está oculto para usted: su columna está vacía.',
  masked_ungrouped: '«{name}» está oculto para usted: su columna está vacía y las filas no se agrupan por él.',
  attribution_stale: 'Hay filas de clientes más recientes que la atribución publicada; esta no las conoce.',
  never_attributed: 'La atribución nunca se calculó para esta organización, así que no hay nada que mostrar.',
  counted_by_id:
    'Con «customer_id» como dimensión o filtro, los clientes se cuentan por identificador: las personas con identificadores fusionados pueden contarse varias veces.',
  several_instants:
    '«{metric}» no se puede sumar en el tiempo: es un estado. Algunos grupos de esta consulta contienen varios instantes.',
  several_rows:
    '«{metric}» no se puede sumar entre días, campañas o fuentes, pues se contaría dos veces a las mismas personas. Algunos grupos de esta consulta contienen varias filas.',
  policy_broken:
    'Las condiciones sobre las filas que usted puede ver ya no corresponden al modelo, así que no ve ninguna.',
  took_too_long: 'La consulta duró más de {seconds} s y se detuvo.',
  too_much_memory: 'La consulta necesita más memoria de la que el motor puede usar.',
  engine_away: 'Ahora mismo no se puede acceder al motor de análisis.',
};

export const italian: Warnings = {
  rows_limited: 'Questi numeri riguardano le righe che può vedere; l’organizzazione ne ha altre.',
  no_totals:
    'Non ci sono totali: un filtro su una metrica esclude dei gruppi, e i totali di tutte le righe non sarebbero quelli dei gruppi mostrati.',
  no_subtotals:
    'Non ci sono subtotali: un filtro su una metrica esclude dei gruppi, e i subtotali di tutte le righe non sarebbero quelli dei gruppi mostrati.',
  may_rise:
    '{labels}: può ancora salire, poiché chi ha iniziato negli ultimi {days} giorni del periodo può ancora convertire.',
  running_left_out:
    'Si confrontano periodi completi, quindi quello in corso è escluso: tutti i numeri riguardano righe precedenti a {time}.',
  not_over_time: '«{metric}» non si può sommare nel tempo e non ha valore dove si sommerebbero più righe.',
  not_over_rows:
    '«{metric}» non si può sommare tra giorni, campagne o fonti, perché le stesse persone sarebbero contate più volte, e non ha valore dove si sommerebbero più righe.',
  deactivated: '«{metric}» è stata disattivata il {day}. Il report non la contiene.',
  deactivated_order:
    '«{metric}» è stata disattivata il {day}. Il report non la contiene; le righe seguono invece l’ordine di «{other}».',
  deactivated_refused: '«{label}» ({name}) è stata disattivata il {day}.',
  left_out: 'La metrica «{metric}» non esiste. Il report non la contiene.',
  set_aside_left_out: '«{metric}» è accantonata finché la definizione non viene corretta. Il report non la contiene.',
  no_metric: 'La metrica «{name}» non esiste.',
  no_dimension: 'La dimensione «{name}» non esiste.',
  no_member: 'Non esiste alcuna metrica o dimensione «{name}».',
  set_aside: '«{name}» è accantonata finché la definizione non viene corretta.',
  view_gone: 'La vista mostrata da questo elemento è stata eliminata, oppure non può vederla.',
  widget_unread: 'Non è stato possibile leggere questo elemento; il motivo è nel registro del server.',
  named_metric_gone:
    'L’oggetto o il messaggio cita la metrica «{metric}», che il report non contiene più; al suo posto compare «–».',
  fx_missing: 'Manca un tasso di cambio in {currency} per {parts}. I numeri che lo richiedono restano vuoti.',
  fx_refused: 'Manca un tasso di cambio in {currency} per {parts}.',
  fx_customers_days:
    'ciò che sono costati o hanno portato i clienti il cui percorso è iniziato in {days} giorni dal {first} al {last} (numeri: {count})',
  fx_customers_day:
    'ciò che sono costati o hanno portato i clienti il cui percorso è iniziato il {day} (numeri: {count})',
  fx_days: '{code} in {days} giorni dal {first} al {last} (righe: {count})',
  fx_day: '{code} il {day} (righe: {count})',
  mixed_currencies: 'Importi in più valute verrebbero sommati così come sono.',
  time_filtered: 'Il filtro su «recorded_at» esclude anche le righe precedenti che confronti e finestre leggerebbero.',
  masked: '«{name}» è nascosto per lei: la sua colonna è vuota.',
  masked_ungrouped:
    '«{name}» è nascosto per lei: la sua colonna è vuota e le righe non sono raggruppate in base a esso.',
  attribution_stale: 'Ci sono righe di clienti più recenti dell’attribuzione pubblicata, che non le conosce.',
  never_attributed:
    'L’attribuzione non è mai stata calcolata per questa organizzazione, quindi non c’è nulla da mostrare.',
  counted_by_id:
    'Con «customer_id» come dimensione o filtro, i clienti sono contati per identificativo: le persone con identificativi uniti possono essere contate più volte.',
  several_instants:
    '«{metric}» non si può sommare nel tempo: è uno stato. Alcuni gruppi di questa richiesta contengono più istanti.',
  several_rows:
    '«{metric}» non si può sommare tra giorni, campagne o fonti, perché le stesse persone sarebbero contate più volte. Alcuni gruppi di questa richiesta contengono più righe.',
  policy_broken:
    'Le condizioni sulle righe che può vedere non corrispondono più al modello, quindi non ne vede nessuna.',
  took_too_long: 'L’interrogazione è durata più di {seconds} s ed è stata interrotta.',
  too_much_memory: 'L’interrogazione richiede più memoria di quanta il motore possa usare.',
  engine_away: 'Al momento il motore di analisi non è raggiungibile.',
};

export const portuguese: Warnings = {
  rows_limited: 'Estes números são das linhas que pode ver; a organização tem mais.',
  no_totals:
    'Não há totais: um filtro sobre uma métrica exclui grupos, e os totais de todas as linhas não seriam os dos grupos mostrados.',
  no_subtotals:
    'Não há subtotais: um filtro sobre uma métrica exclui grupos, e os subtotais de todas as linhas não seriam os dos grupos mostrados.',
  may_rise: '{labels}: ainda pode subir, pois quem começou nos últimos {days} dias do período ainda pode converter.',
  running_left_out:
    'Comparam-se períodos completos, por isso o que está em curso fica de fora: todos os números são de linhas anteriores a {time}.',
  not_over_time: '“{metric}” não pode ser somado no tempo e não tem valor onde várias linhas seriam somadas.',
  not_over_rows:
    '“{metric}” não pode ser somado entre dias, campanhas ou fontes, pois as mesmas pessoas seriam contadas de novo, e não tem valor onde várias linhas seriam somadas.',
  deactivated: '“{metric}” foi desativada em {day}. O relatório não a contém.',
  deactivated_order:
    '“{metric}” foi desativada em {day}. O relatório não a contém; as linhas seguem a ordem de “{other}” em seu lugar.',
  deactivated_refused: '“{label}” ({name}) foi desativada em {day}.',
  left_out: 'Não existe a métrica “{metric}”. O relatório não a contém.',
  set_aside_left_out: '“{metric}” fica de lado até que sua definição seja corrigida. O relatório não a contém.',
  no_metric: 'Não existe a métrica “{name}”.',
  no_dimension: 'Não existe a dimensão “{name}”.',
  no_member: 'Não existe métrica nem dimensão “{name}”.',
  set_aside: '“{name}” fica de lado até que sua definição seja corrigida.',
  view_gone: 'A visualização que este elemento mostra foi excluída, ou não pode ser vista por si.',
  widget_unread: 'Não foi possível ler este elemento; o motivo está no registro do servidor.',
  named_metric_gone:
    'O assunto ou a mensagem cita a métrica “{metric}”, que o relatório já não contém; em seu lugar aparece “–”.',
  fx_missing: 'Falta uma taxa de câmbio para {currency} em {parts}. Os números que dependem dela ficam vazios.',
  fx_refused: 'Falta uma taxa de câmbio para {currency} em {parts}.',
  fx_customers_days:
    'o que custaram ou trouxeram os clientes cuja jornada começou em {days} dias de {first} a {last} (números: {count})',
  fx_customers_day: 'o que custaram ou trouxeram os clientes cuja jornada começou em {day} (números: {count})',
  fx_days: '{code} em {days} dias de {first} a {last} (linhas: {count})',
  fx_day: '{code} em {day} (linhas: {count})',
  mixed_currencies: 'Valores de várias moedas seriam somados tal como estão.',
  time_filtered: 'O filtro sobre “recorded_at” também exclui linhas anteriores que comparações e janelas leriam.',
  masked: '“{name}” está oculto para si: a sua coluna está vazia.',
  masked_ungrouped: '“{name}” está oculto para si: a sua coluna está vazia e as linhas não são agrupadas por ele.',
  attribution_stale: 'Há linhas de clientes mais recentes do que a atribuição publicada, que não as conhece.',
  never_attributed: 'A atribuição nunca foi calculada para esta organização, por isso não há nada a mostrar.',
  counted_by_id:
    'Com “customer_id” como dimensão ou filtro, os clientes são contados por identificador: pessoas com identificadores unidos podem ser contadas várias vezes.',
  several_instants:
    '“{metric}” não pode ser somado ao longo do tempo: é um estado. Alguns grupos deste pedido contêm vários instantes.',
  several_rows:
    '“{metric}” não pode ser somado entre dias, campanhas ou fontes, pois as mesmas pessoas seriam contadas de novo. Alguns grupos deste pedido contêm várias linhas.',
  policy_broken: 'As condições sobre as linhas que pode ver já não correspondem ao modelo, por isso não vê nenhuma.',
  took_too_long: 'A consulta demorou mais de {seconds} s e foi interrompida.',
  too_much_memory: 'A consulta precisa de mais memória do que o motor pode usar.',
  engine_away: 'O motor de análise não está acessível neste momento.',
};

export const dutch: Warnings = {
  rows_limited: 'Deze cijfers zijn van de rijen die u mag zien; de organisatie heeft er meer.',
  no_totals:
    'Er zijn geen totalen: een filter op een kengetal laat groepen weg, en totalen over alle rijen zouden niet die van de getoonde groepen zijn.',
  no_subtotals:
    'Er zijn geen subtotalen: een filter op een kengetal laat groepen weg, en subtotalen over alle rijen zouden niet die van de getoonde groepen zijn.',
  may_rise: '{labels}: kan nog stijgen, want wie in de laatste {days} dagen van de periode begon, kan nog converteren.',
  running_left_out:
    'Volledige perioden worden vergeleken, dus de lopende is weggelaten: alle cijfers zijn van rijen vóór {time}.',
  not_over_time:
    '“{metric}” kan niet over de tijd worden opgeteld en heeft geen waarde waar meerdere rijen zouden worden opgeteld.',
  not_over_rows:
    '“{metric}” kan niet over dagen, campagnes of bronnen worden opgeteld, omdat mensen dubbel zouden tellen, en heeft geen waarde waar meerdere rijen zouden worden opgeteld.',
  deactivated: '“{metric}” is op {day} uitgeschakeld. Het rapport bevat het niet.',
  deactivated_order:
    '“{metric}” is op {day} uitgeschakeld. Het rapport bevat het niet; de rijen staan in plaats daarvan op volgorde van “{other}”.',
  deactivated_refused: '“{label}” ({name}) is op {day} uitgeschakeld.',
  left_out: 'Het kengetal “{metric}” bestaat niet. Het rapport bevat het niet.',
  set_aside_left_out: '“{metric}” is opzijgezet tot de definitie is hersteld. Het rapport bevat het niet.',
  no_metric: 'Het kengetal “{name}” bestaat niet.',
  no_dimension: 'De dimensie “{name}” bestaat niet.',
  no_member: 'Er bestaat geen kengetal of dimensie “{name}”.',
  set_aside: '“{name}” is opzijgezet tot de definitie is hersteld.',
  view_gone: 'De weergave die dit onderdeel toont is verwijderd, of u mag die niet zien.',
  widget_unread: 'Dit onderdeel kon niet worden gelezen; de reden staat in het logboek van de server.',
  named_metric_gone:
    'Het onderwerp of het bericht noemt het kengetal “{metric}”, dat het rapport niet meer bevat; “–” staat op die plaats.',
  fx_missing: 'Er ontbreekt een wisselkoers naar {currency} voor {parts}. Cijfers die deze nodig hebben, blijven leeg.',
  fx_refused: 'Er ontbreekt een wisselkoers naar {currency} voor {parts}.',
  fx_customers_days:
    'wat klanten wier traject op {days} dagen van {first} tot en met {last} begon, hebben gekost of opgebracht (getallen: {count})',
  fx_customers_day: 'wat klanten wier traject op {day} begon, hebben gekost of opgebracht (getallen: {count})',
  fx_days: '{code} op {days} dagen van {first} tot en met {last} (rijen: {count})',
  fx_day: '{code} op {day} (rijen: {count})',
  mixed_currencies: 'Bedragen in meerdere valuta zouden zonder omrekening worden opgeteld.',
  time_filtered: 'Het filter op “recorded_at” laat ook eerdere rijen weg die vergelijkingen en vensters zouden lezen.',
  masked: '“{name}” is voor u afgeschermd: de kolom is leeg.',
  masked_ungrouped: '“{name}” is voor u afgeschermd: de kolom is leeg en de rijen zijn er niet op gegroepeerd.',
  attribution_stale: 'Er zijn rijen van klanten die nieuwer zijn dan de gepubliceerde attributie; die kent ze niet.',
  never_attributed: 'Voor deze organisatie is nog nooit attributie berekend, dus er is niets te tonen.',
  counted_by_id:
    'Naast “customer_id” als dimensie of filter worden klanten per id geteld: mensen met samengevoegde id’s kunnen meermaals tellen.',
  several_instants:
    '“{metric}” kan niet over de tijd worden opgeteld: het is een stand. Sommige groepen van deze vraag bevatten meerdere tijdstippen.',
  several_rows:
    '“{metric}” kan niet over dagen, campagnes of bronnen worden opgeteld, omdat mensen dubbel zouden tellen. Sommige groepen van deze vraag bevatten meerdere rijen.',
  policy_broken: 'De voorwaarden voor de rijen die u mag zien passen niet meer bij het model, zodat u er geen ziet.',
  took_too_long: 'De vraag duurde langer dan {seconds} s en is afgebroken.',
  too_much_memory: 'De vraag heeft meer geheugen nodig dan de engine mag gebruiken.',
  engine_away: 'De analyse-engine is nu niet bereikbaar.',
};

export const polish: Warnings = {
  rows_limited: 'Liczby dotyczą wierszy, które wolno Panu/Pani zobaczyć; organizacja ma ich więcej.',
  no_totals: 'Brak sum: filtr na wskaźniku pomija grupy, a sumy wszystkich wierszy nie byłyby sumami pokazanych grup.',
  no_subtotals:
    'Brak sum częściowych: filtr na wskaźniku pomija grupy, a sumy wszystkich wierszy nie byłyby sumami pokazanych grup.',
  may_rise:
    '{labels}: może jeszcze wzrosnąć, bo kto zaczął w ostatnich dniach okresu ({days}), może jeszcze dokonać konwersji.',
  running_left_out:
    'Porównywane są pełne okresy, więc bieżący pominięto: wszystkie liczby dotyczą wierszy sprzed {time}.',
  not_over_time: '„{metric}” nie sumuje się w czasie i nie ma wartości tam, gdzie dodano by kilka wierszy.',
  not_over_rows:
    '„{metric}” nie sumuje się po dniach, kampaniach ani źródłach, bo te same osoby liczono by ponownie, i nie ma wartości tam, gdzie dodano by kilka wierszy.',
  deactivated: '„{metric}” wyłączono {day}. Raport go nie zawiera.',
  deactivated_order:
    '„{metric}” wyłączono {day}. Raport go nie zawiera; wiersze są zamiast tego w kolejności „{other}”.',
  deactivated_refused: '„{label}” ({name}) wyłączono {day}.',
  left_out: 'Wskaźnik „{metric}” nie istnieje. Raport go nie zawiera.',
  set_aside_left_out: '„{metric}” odłożono do czasu poprawienia definicji. Raport go nie zawiera.',
  no_metric: 'Wskaźnik „{name}” nie istnieje.',
  no_dimension: 'Wymiar „{name}” nie istnieje.',
  no_member: 'Nie istnieje wskaźnik ani wymiar „{name}”.',
  set_aside: '„{name}” odłożono do czasu poprawienia definicji.',
  view_gone: 'Widok pokazywany w tym elemencie usunięto albo nie wolno go Panu/Pani zobaczyć.',
  widget_unread: 'Nie udało się odczytać tego elementu; przyczyna jest w dzienniku serwera.',
  named_metric_gone:
    'Temat lub wiadomość wymienia wskaźnik „{metric}”, którego raport już nie zawiera; w jego miejscu stoi „–”.',
  fx_missing: 'Brak kursu wymiany na {currency} dla: {parts}. Liczby, które go wymagają, pozostają puste.',
  fx_refused: 'Brak kursu wymiany na {currency} dla: {parts}.',
  fx_customers_days:
    'koszty i przychody klientów, których ścieżka zaczęła się w dniach od {first} do {last} (dni: {days}, liczby: {count})',
  fx_customers_day: 'koszty i przychody klientów, których ścieżka zaczęła się {day} (liczby: {count})',
  fx_days: '{code} w dniach od {first} do {last} (dni: {days}, wiersze: {count})',
  fx_day: '{code} dnia {day} (wiersze: {count})',
  mixed_currencies: 'Kwoty w kilku walutach zostałyby zsumowane bez przeliczenia.',
  time_filtered: 'Filtr na „recorded_at” pomija także wcześniejsze wiersze, które czytałyby porównania i okna.',
  masked: '„{name}” jest dla Pana/Pani ukryte: kolumna jest pusta.',
  masked_ungrouped: '„{name}” jest dla Pana/Pani ukryte: kolumna jest pusta, a wierszy według niej nie pogrupowano.',
  attribution_stale: 'Są wiersze klientów nowsze niż opublikowana atrybucja; nie uwzględnia ich ona.',
  never_attributed: 'Dla tej organizacji nigdy nie obliczono atrybucji, więc nie ma czego pokazać.',
  counted_by_id:
    'Przy „customer_id” jako wymiarze lub filtrze klienci liczeni są według identyfikatora: osoby o połączonych identyfikatorach mogą być policzone wielokrotnie.',
  several_instants: '„{metric}” nie sumuje się w czasie: to stan. Niektóre grupy tego zapytania zawierają kilka chwil.',
  several_rows:
    '„{metric}” nie sumuje się po dniach, kampaniach ani źródłach, bo te same osoby liczono by ponownie. Niektóre grupy tego zapytania zawierają kilka wierszy.',
  policy_broken:
    'Warunki dotyczące wierszy, które wolno Panu/Pani zobaczyć, nie pasują już do modelu, więc nie widać żadnych.',
  took_too_long: 'Zapytanie trwało dłużej niż {seconds} s i zostało przerwane.',
  too_much_memory: 'Zapytanie wymaga więcej pamięci, niż wolno użyć silnikowi.',
  engine_away: 'Silnik analityczny jest teraz nieosiągalny.',
};
